/** The events of streams, which the client opens. */
export interface StreamEvents {
  /** A stream broke after something was delivered. If it is resumed, `delayMs` is the wait before that. */
  'stream.interrupted': {
    readonly eventsReceived: number;
    readonly lastEventId?: string;
    readonly errorCode?: string;
    readonly delayMs?: number;
  };
  /** The stream continues. */
  'stream.resumed': { readonly attempt: number; readonly lastEventId?: string };
}
