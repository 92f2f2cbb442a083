import type { Head } from './head.ts';

/** An answer's headers can't be changed, as with fetch. */
class ReceivedHeaders extends Headers {
  static #isFilling = false;

  static from(rawHeaders: Head['rawHeaders']): Headers {
    const headers = new ReceivedHeaders();
    ReceivedHeaders.#isFilling = true;
    for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
      headers.append(textOf(rawHeaders[index]).toLowerCase(), textOf(rawHeaders[index + 1]));
    }
    ReceivedHeaders.#isFilling = false;
    return headers;
  }

  override append(name: string, value: string): void {
    if (!ReceivedHeaders.#isFilling) throw new TypeError('immutable');
    super.append(name, value);
  }

  override set(): void {
    throw new TypeError('immutable');
  }

  override delete(): void {
    throw new TypeError('immutable');
  }
}

export const receivedHeaders: (rawHeaders: Head['rawHeaders']) => Headers = ReceivedHeaders.from;

/** One header, without making all of them into an object. */
export function headerIn(rawHeaders: Head['rawHeaders'], name: string): string | undefined {
  let value: string | undefined;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const each = rawHeaders[index];
    if (each?.length !== name.length || textOf(each).toLowerCase() !== name) continue;
    const text = textOf(rawHeaders[index + 1]);
    value = value === undefined ? text : `${value}, ${text}`;
  }
  return value;
}

function textOf(raw: Buffer | string | undefined): string {
  return typeof raw === 'string' ? raw : (raw?.toString('latin1') ?? '');
}
