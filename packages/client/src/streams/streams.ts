// What only a stream needs, and what is loaded with the first of them.
export { eventFormat } from './event-format.ts';
export { lineFormat } from './line-format.ts';
export { StreamLoop } from './stream-loop.ts';
