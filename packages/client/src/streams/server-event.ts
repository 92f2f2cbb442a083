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

  /** @throws SyntaxError if the data is not JSON. */
  json<T = unknown>(): T {
    return JSON.parse(this.data) as T;
  }
}
