import type { Parse } from './format.ts';

/** An event of a stream of server-sent events. */
export class ServerEvent {
  /** The type of the event; `'message'` if the stream names none. */
  readonly event: string;
  readonly data: string;
  /** The id of the event, if the stream gave it one. */
  declare readonly id?: string;

  constructor(event: string, data: string, id: string | undefined) {
    this.event = event;
    this.data = data;
    if (id) this.id = id;
  }

  /**
   * The data as JSON, read by the client's `parseJson` where it has one.
   *
   * @throws SyntaxError if the data is not JSON.
   */
  json<T = unknown>(): T {
    return JSON.parse(this.data) as T;
  }
}

/** Lets the user's `parseJson` read the JSON of an event. */
export function parsedBy(parse: Parse, event: ServerEvent): ServerEvent {
  return Object.defineProperty(event, 'json', { value: () => parse(event.data) });
}
