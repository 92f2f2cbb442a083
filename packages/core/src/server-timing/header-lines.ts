/** The headers of an answer, as its readers use them. */
export interface HeaderLines extends Iterable<readonly [name: string, value: string]> {
  get(name: string): string | null;
}

/** The first header whose name ends in this way, and whose value `read` understands. */
export function byEnding(
  headers: HeaderLines,
  ending: string,
  read: (value: string) => string | undefined,
): string | undefined {
  for (const [name, value] of headers) {
    const found = name.endsWith(ending) ? read(value) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * Takes the headers of an answer out of their object, once. A reader of answers looks up some thirty names, of which an
 * answer has two or three, and a platform checks and converts each name before it looks it up.
 */
export function linesOf(headers: Headers): HeaderLines {
  const lines = new Map(headers);
  return {
    get: (name) => lines.get(name) ?? lines.get(name.toLowerCase()) ?? null,
    [Symbol.iterator]: () => lines.entries(),
  };
}
