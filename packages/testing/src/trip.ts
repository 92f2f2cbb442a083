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
  return new RunningTrip(method, url, hold, atEnd);
}

class RunningTrip implements Trip {
  readonly method: string;
  readonly url: string;
  readonly #hold: () => () => void;
  readonly #atEnd: (trip: Trip) => void;
  readonly #listeners: (() => void)[] = [];
  #state: Trip['state'] = 'headers';
  #status: number | undefined;
  #sleepers = 0;
  /** Lets time continue; absent while it does. */
  #release: (() => void) | undefined;

  constructor(method: string, url: string, hold: () => () => void, atEnd: (trip: Trip) => void) {
    this.method = method;
    this.url = url;
    this.#hold = hold;
    this.#atEnd = atEnd;
    this.#release = hold();
  }

  get status(): number | undefined {
    return this.#status;
  }

  get state(): Trip['state'] {
    return this.#state;
  }

  onOver(callback: () => void): void {
    if (this.#state === 'over') callback();
    else this.#listeners.push(callback);
  }

  sleep(): () => void {
    this.#sleepers++;
    this.#update();
    return () => {
      this.#sleepers--;
      this.#update();
    };
  }

  answered(response: Response): Response {
    this.#status = response.status;
    if (response.body === null) {
      this.end();
      return response;
    }
    this.#enter('unread');
    return followed(response, response.body, (state) => this.#enter(state));
  }

  end(): void {
    this.#enter('over');
  }

  #enter(next: Trip['state']): void {
    if (this.#state === 'over') return;
    this.#state = next;
    this.#update();
    if (next !== 'over') return;
    this.#atEnd(this);
    for (const listener of this.#listeners) listener();
  }

  /** Time stands still while bytes travel and the server does not wait by the clock. */
  #update(): void {
    const travels = (this.#state === 'headers' || this.#state === 'body') && this.#sleepers === 0;
    if (travels) this.#release ??= this.#hold();
    else {
      this.#release?.();
      this.#release = undefined;
    }
  }
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
