import type { ServerResponse } from 'node:http';
import type { Received } from './server.ts';

/** What is read: events, lines of JSON, or a download that is continued by range requests. */
export type Kind = 'events' | 'lines' | 'download';

/** The number of items. */
export const itemCount = 9;

const numbers = Array.from({ length: itemCount }, (_, index) => index + 1);
/** Each text has a character of four bytes, so that a fault can cut inside a character. */
const textOf = (number: number): string => `item ${number} – 🎈`;
const written: Readonly<Record<Kind, (number: number) => string>> = {
  events: (number) => `id: ${number}\ndata: ${textOf(number)}\n\n`,
  lines: (number) => `${JSON.stringify(textOf(number))}\n`,
  download: (number) => `${textOf(number)}\n`,
};
const types: Readonly<Record<Kind, string>> = {
  events: 'text/event-stream',
  lines: 'application/x-ndjson',
  download: 'text/plain; charset=utf-8',
};

export const wholeDownload: Buffer = Buffer.from(numbers.map(written.download).join(''));

/** The number of an item, read from its text; NaN for any other text. */
export function numberOf(text: string): number {
  const number = Number(/^item (\d+) /.exec(text)?.[1]);
  return text === textOf(number) ? number : Number.NaN;
}

/** Where an answer is cut. */
export type Place = 'before the first' | 'between two' | 'in one' | 'in a character' | 'after the last';

/** The place in bytes, and how many complete items stand before it. */
export function placeIn(body: Buffer, kind: Kind, place: Place): { readonly at: number; readonly whole: number } {
  const end = kind === 'events' ? '\n\n' : '\n';
  const ends: number[] = [];
  for (let at = body.indexOf(end); at >= 0; at = body.indexOf(end, at + end.length)) ends.push(at + end.length);
  if (place === 'before the first') return { at: 0, whole: 0 };
  if (place === 'after the last') return { at: body.length, whole: ends.length };
  // After earlier cuts, fewer items may be left.
  const whole = Math.min(3, ends.length - 1);
  const at = ends[whole - 1] ?? 0;
  if (place === 'between two') return { at, whole };
  return { at: body.indexOf('🎈', at) + (place === 'in one' ? -4 : 2), whole };
}

/** Answers correctly: events continue after the last id, and a download continues from the start of the range. */
export function answerStream({ path, headers }: Received, response: ServerResponse): void {
  const kind = new URL(path, 'http://server').pathname.slice(1) as Kind;
  const type = { 'content-type': types[kind] };
  if (kind !== 'download') {
    const last = kind === 'events' ? Number(headers['last-event-id'] ?? 0) : 0;
    const body = Buffer.from(numbers.slice(last).map(written[kind]).join(''));
    response.writeHead(200, { ...type, 'content-length': body.length }).end(body);
    return;
  }
  const whole = wholeDownload.length;
  const [, from] = /^bytes=(\d+)-$/.exec(headers.range ?? '') ?? [];
  const isRange = from !== undefined && headers['if-range'] === '"v1"';
  const start = isRange ? Number(from) : 0;
  response.writeHead(isRange ? 206 : 200, {
    ...{ ...type, etag: '"v1"', 'content-length': whole - start },
    ...(isRange && { 'content-range': `bytes ${start}-${whole - 1}/${whole}` }),
  });
  response.end(wholeDownload.subarray(start));
}
