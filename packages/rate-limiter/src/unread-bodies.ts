import { bodyLife, type Clock, isInMemory, LinkedList, type Member, type Timer } from '@holdfast/core';
import { unwatchedClone, watchBody } from './body-end.ts';
import { type Watch, whenCollected } from './watched.ts';

/**
 * Many a caller does not read what came: the status was enough. To the server such a call is over, and nothing tells so;
 * a limit on calls in flight would wait for it until the garbage collector comes by.
 *
 * So when somebody waits for the permit, and nobody has begun to read, a short body is read ahead: it has ended when it
 * has arrived, and can be read all the same. A long one holds its server, and its permit.
 */

/** So long a caller may take to begin, in milliseconds; most begin at once. */
const patienceMs = 10;
/** So much is read ahead, in bytes. */
const mostBytes = 65_536;

export class UnreadBodies {
  readonly #clock: Clock;
  readonly #isWanted: () => boolean;
  readonly #giveBack: () => void;
  /** Held strongly, which a limit bounds: to be told by the garbage collector costs more than all of a limiter. */
  readonly #unread = new LinkedList<Unread>();
  #timer: Timer;

  /**
   * @param isWanted Does somebody wait for a permit?
   * @param giveBack Called once for each body, at its end.
   */
  constructor(clock: Clock, isWanted: () => boolean, giveBack: () => void) {
    this.#clock = clock;
    this.#isWanted = isWanted;
    this.#giveBack = giveBack;
  }

  hold(response: Response): void {
    if (!hasBody(response) || isInMemory(response)) {
      this.#giveBack();
      return;
    }
    const unread = new Unread(response, this.#unread, this.#giveBack);
    watchBody(response, unread);
    this.look();
  }

  /** Somebody may be waiting. */
  look(): void {
    if (this.#timer !== undefined || this.#unread.size === 0 || !this.#isWanted()) return;
    this.#timer = this.#clock.setTimer(() => this.#onTimer(), patienceMs);
  }

  #onTimer(): void {
    this.#timer = undefined;
    if (!this.#isWanted()) return;
    for (const unread of this.#unread) {
      if (unread.isOld) unread.readAhead();
      else unread.isOld = true;
    }
    this.look();
  }

  close(): void {
    this.#clock.clearTimer(this.#timer);
  }
}

class Unread implements Watch {
  /** Was it there already when it was last looked at? */
  isOld = false;
  #response: Response | undefined;
  readonly #all: LinkedList<Unread>;
  readonly #place: Member<Unread>;
  readonly #giveBack: () => void;
  #stop: (() => void) | undefined;
  #isOver = false;

  constructor(response: Response, all: LinkedList<Unread>, giveBack: () => void) {
    this.#response = response;
    this.#all = all;
    this.#place = all.add(this);
    this.#giveBack = giveBack;
  }

  begun(): void {
    this.#response = undefined;
    this.#all.remove(this.#place);
    this.#stop?.();
  }

  ended(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.begun();
    this.#giveBack();
  }

  cancelled(): void {
    this.ended();
  }

  readAhead(): void {
    const response = this.#response as Response;
    // From now on it may be garbage.
    this.begun();
    whenCollected(response, this);
    try {
      this.#stop = readAhead(unwatchedClone(response), () => this.ended());
    } catch {
      // It is being read by ways that are not watched.
    }
  }
}

/** Asked without its stream, where that would have to be made. */
function hasBody(response: Response & { readonly [bodyLife]?: object | null }): boolean {
  const { [bodyLife]: life = response.body } = response;
  return life !== null;
}

/** Reads a body to its end, or so far; gives what stops it. */
function readAhead({ body }: Response, ended: () => void): () => void {
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  let isStopped = false;
  const stop = (): void => {
    isStopped = true;
    // As long as the other half is there, it has no end.
    reader.cancel().catch(ignore);
  };
  const read = async (): Promise<void> => {
    for (let bytes = 0; bytes <= mostBytes; ) {
      const { done, value } = await reader.read();
      if (isStopped) return;
      if (done) return ended();
      bytes += value.byteLength;
    }
    stop();
  };
  read().catch(ended);
  return stop;
}

/** Whoever reads the other half hears of its failure there. */
function ignore(): void {}
