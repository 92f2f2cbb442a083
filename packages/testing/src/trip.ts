/**
 * A request under way, from `fetch` to the last byte of its answer. It connects the request with the mocked server that
 * answers it: the clock has to stand still while bytes travel, and to advance while the server itself waits by it.
 */
export interface Trip {
  readonly method: string;
  readonly url: string;
  /** The answer, once its headers have arrived. */
  readonly status: number | undefined;
  /** `headers` and `body`: the caller waits for them; `unread`: the rest of the body has not been read. */
  readonly state: 'headers' | 'unread' | 'body' | 'over';
  /** Called once, when the trip is over: the answer has arrived, or is no longer wanted. */
  onOver(callback: () => void): void;
  /** The server begins to wait by the clock; returns the function that ends the wait. */
  sleep(): () => void;
  /** Takes the answer, whose body is followed while it is read. */
  answered(response: Response): Response;
  end(): void;
}

/** @param hold Makes time stand still; returns the function that lets it continue. */
export function beginTrip(method: string, url: string, hold: () => () => void, atEnd: (trip: Trip) => void): Trip {
  let state: Trip['state'] = 'headers';
  let status: number | undefined;
  let sleepers = 0;
  let release: (() => void) | undefined = hold();
  const listeners: (() => void)[] = [];

  const update = (): void => {
    const travels = (state === 'headers' || state === 'body') && sleepers === 0;
    if (travels) release ??= hold();
    else if (release) {
      release();
      release = undefined;
    }
  };
  const enter = (next: Trip['state']): void => {
    if (state === 'over') return;
    state = next;
    update();
    if (next !== 'over') return;
    atEnd(trip);
    for (const listener of listeners) listener();
  };
  const trip: Trip = {
    method,
    url,
    get status() {
      return status;
    },
    get state() {
      return state;
    },
    onOver(callback) {
      if (state === 'over') callback();
      else listeners.push(callback);
    },
    sleep() {
      sleepers++;
      update();
      return () => {
        sleepers--;
        update();
      };
    },
    answered(response) {
      status = response.status;
      if (response.body === null) enter('over');
      else enter('unread');
      return response.body === null ? response : followed(response, response.body, enter);
    },
    end: () => enter('over'),
  };
  return trip;
}

/** The same response, whose body also reports when it is read, and when it has ended. */
function followed(response: Response, source: ReadableStream, enter: (state: Trip['state']) => void): Response {
  const reader = source.getReader();
  // One chunk is read ahead: so an empty body, and one that was read to its last byte, have ended.
  const fetchAhead = (): ReturnType<typeof reader.read> => {
    const piece = reader.read();
    piece.then(
      ({ done }) => done && enter('over'),
      () => enter('over'),
    );
    return piece;
  };
  let next = fetchAhead();
  const body = new ReadableStream({
    type: 'bytes',
    start(controller) {
      // This happens even while no reader is waiting.
      reader.closed.catch((error: unknown) => controller.error(error));
    },
    async pull(controller) {
      enter('body');
      const { done, value } = await next;
      if (done) {
        controller.close();
        controller.byobRequest?.respond(0);
        return;
      }
      next = fetchAhead();
      controller.enqueue(value);
      enter('unread');
    },
    cancel(reason) {
      enter('over');
      return reader.cancel(reason);
    },
  });
  const { status, statusText, headers, url, redirected, type } = response;
  const copy = new Response(body, { status, statusText, headers });
  for (const [key, value] of Object.entries({ url, redirected, type })) {
    Object.defineProperty(copy, key, { value, configurable: true });
  }
  return copy;
}
