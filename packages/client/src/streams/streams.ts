// The code that only a stream needs; it is loaded with the first stream.
export { eventFormat } from './event-format.ts';
export { lineFormat } from './line-format.ts';
export { StreamLoop } from './stream-loop.ts';
