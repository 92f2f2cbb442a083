import { messageOf } from '@holdfast/core/internal';

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
    const message = findUnserialisable(data, 'json', []);
    throw message === undefined ? error : new TypeError(message, { cause: error });
  }
}

function findUnserialisable(given: unknown, path: string, above: readonly object[]): string | undefined {
  const cant = `${path} can't be serialised as JSON:`;
  let value = given;
  if (typeof (value as { toJSON?: unknown } | null | undefined)?.toJSON === 'function') {
    try {
      value = (value as { toJSON(key: string): unknown }).toJSON('');
    } catch (error) {
      return `${cant} its toJSON() threw: ${messageOf(error)}`;
    }
  }
  if (typeof value === 'bigint') return `${cant} a BigInt; send it as a string or a number`;
  if (typeof value !== 'object' || value === null) return undefined;
  if (above.includes(value)) return `${cant} it contains itself`;
  for (const key of Object.keys(value)) {
    const step = Array.isArray(value) ? `[${key}]` : /^[\w$]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
    const found = findUnserialisable((value as Record<string, unknown>)[key], path + step, [...above, value]);
    if (found) return found;
  }
  return undefined;
}
