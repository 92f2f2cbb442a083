import type { Clock } from '@holdfast/core';
import {
  type BodyReader,
  bodyArrival,
  bodyLife,
  isInMemory,
  LinkedList,
  responseWithBody,
  type Timer,
} from '@holdfast/core/internal/late';
import { type WatchedBody, watchBody } from '#watched-body';
import { HeldBody } from './held-body.ts';

/** How long a body must be unread before it is read ahead, in milliseconds; most callers begin to read at once. */
const patienceMs = 10;

/** The bodies that hold permits of one limiter. */
export class HeldBodies {
  readonly #clock: Clock;
  readonly #isWanted: () => boolean;
  readonly #giveBack: () => void;
  readonly #held = new LinkedList<HeldBody | WatchedBody>();
  #timer: Timer;

  /**
   * @param isWanted Does a call wait for a permit?
   * @param giveBack Called once at the end of each body.
   */
  constructor(clock: Clock, isWanted: () => boolean, giveBack: () => void) {
    this.#clock = clock;
    this.#isWanted = isWanted;
    this.#giveBack = giveBack;
  }

  /**
   * Returns the response for the caller, whose body holds a permit until its end.
   *
   * @param reader What reads the body, where that is known: then the response stays as it is.
   */
  hold(response: Response, reader?: BodyReader): Response {
    if (isInMemory(response) || !hasBody(response)) {
      this.#giveBack();
      return response;
    }
    const { [bodyArrival]: whenArrived } = response as Arriving;
    if (whenArrived) {
      whenArrived(this.#giveBack);
      return response;
    }
    if (reader) {
      reader.whenRead(this.#giveBack);
      return response;
    }
    const ended = (): void => {
      this.#held.remove(place);
      this.#giveBack();
    };
    const parts = { clock: this.#clock, ended };
    let body: WatchedBody | HeldBody | undefined = watchBody(response, parts);
    let answer = response;
    if (!body) {
      const stream = response.body as ReadableStream<Uint8Array>;
      const held = new HeldBody(stream.getReader(), parts, this.#clock.now());
      body = held;
      answer = responseWithBody(response, held.stream());
    }
    const place = this.#held.add(body);
    this.look();
    return answer;
  }

  /** Called when a call may be waiting. */
  look(): void {
    if (this.#timer !== undefined || this.#held.size === 0 || !this.#isWanted()) return;
    this.#timer = this.#clock.setTimer(() => {
      this.#timer = undefined;
      if (!this.#isWanted()) return;
      for (const body of this.#held) body.look(patienceMs);
      this.look();
    }, patienceMs);
  }

  close(): void {
    this.#clock.clearTimer(this.#timer);
  }
}

/** A response as the client's own transports make it. */
type Arriving = Response & { readonly [bodyArrival]?: (ended: () => void) => void };

/** Is there a body to wait for? This does not touch the stream of a body that makes its stream on demand. */
function hasBody(response: Response & { readonly [bodyLife]?: object | null }): boolean {
  const { [bodyLife]: life = response.body } = response;
  if (life === null) return false;
  if ((response as Arriving)[bodyArrival]) return true;
  const { body } = response;
  return typeof body?.getReader === 'function' && !body.locked && !response.bodyUsed;
}
