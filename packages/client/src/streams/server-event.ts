/** An event of a stream of server-sent events. */
export class ServerEvent {
  /** Its type; `'message'` where the stream names none. */
  readonly event: string;
  readonly data: string;
  /** The id that it came with. */
  declare readonly id?: string;

  constructor(event: string, data: string, id: string | undefined) {
    this.event = event;
    this.data = data;
    if (id) this.id = id;
  }

  /** @throws SyntaxError if its data is not JSON. */
  json<T = unknown>(): T {
    return JSON.parse(this.data) as T;
  }
}
