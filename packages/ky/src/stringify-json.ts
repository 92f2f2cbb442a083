/**
 * Serialises a request's body; a value that can't be serialised is refused before anything is sent, with its path.
 *
 * @throws TypeError such as `json.items[0].owner can't be serialised: it contains itself`
 */
export function stringifyJson(data: unknown, stringify: ((data: unknown) => string) | undefined): string {
  try {
    return (stringify ?? JSON.stringify)(data);
  } catch (error) {
    if (stringify) throw error;
    const found = findUnserialisable(data, 'json', []);
    if (found === undefined) throw error;
    throw new TypeError(`${found.path} can't be serialised as JSON: ${found.why}`, { cause: error });
  }
}

interface Found {
  readonly path: string;
  readonly why: string;
}

function findUnserialisable(given: unknown, path: string, above: readonly object[]): Found | undefined {
  let value = given;
  if (typeof (value as { toJSON?: unknown } | null | undefined)?.toJSON === 'function') {
    try {
      value = (value as { toJSON(key: string): unknown }).toJSON('');
    } catch (error) {
      return { path, why: `its toJSON() threw: ${error instanceof Error ? error.message : String(error)}` };
    }
  }
  if (typeof value === 'bigint') return { path, why: 'a BigInt; send it as a string or a number' };
  if (typeof value !== 'object' || value === null) return undefined;
  if (above.includes(value)) return { path, why: 'it contains itself' };
  for (const key of Object.keys(value)) {
    const step = Array.isArray(value) ? `[${key}]` : /^[\w$]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
    const found = findUnserialisable((value as Record<string, unknown>)[key], `${path}${step}`, [...above, value]);
    if (found) return found;
  }
  return undefined;
}
