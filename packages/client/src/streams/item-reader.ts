import type { KeptContext } from '@holdfast/core/internal';
import type { StreamLoop } from './stream-loop.ts';

/** The answer to a stream's `next()`. */
export type Next<Item> = IteratorResult<Item, undefined>;

/** What reading a stream needs of the code that opened it. */
export interface Opening {
  /** The stream may be read in another async context than the one in which it was made. */
  readonly inCall: KeptContext;
  /** Called when the headers of the first answer have arrived. */
  answered(response: Response): void;
  /** Called when the stream has ended: a later call has no effect. */
  ended(reason: unknown): void;
}

/** Reads the items of a loop for all readers, one after the other. */
export class ItemReader<Item> {
  readonly #loop: StreamLoop<Item>;
  readonly #opening: Opening;
  /** The item that was asked for last, while it is waited for. */
  #busy: Promise<Next<Item>> | undefined;
  /** How many wait for the one before them. */
  #queued = 0;
  #isClosed = false;

  constructor(loop: StreamLoop<Item>, opening: Opening) {
    this.#loop = loop;
    this.#opening = opening;
  }

  get lastEventId(): string | undefined {
    return this.#loop.lastEventId;
  }

  next(): Promise<Next<Item>> {
    const before = this.#busy;
    if (before !== undefined) return this.#after(before);
    const there = this.#read();
    if (there !== undefined) return there;
    this.#busy = this.#run();
    return this.#busy;
  }

  /** Items come in the order in which they were asked for, even if the next one is asked for as soon as one has come. */
  #after(before: Promise<unknown>): Promise<Next<Item>> {
    const itsTurn = (): Promise<Next<Item>> => this.#read() ?? this.#run();
    const turn = before.then(itsTurn, itsTurn);
    const over = (): void => {
      this.#queued--;
      this.#free();
    };
    this.#queued++;
    this.#busy = turn;
    turn.then(over, over);
    return turn;
  }

  /** Another one may be asked for at once, unless there is a queue. */
  #free(): void {
    if (this.#queued === 0) this.#busy = undefined;
  }

  /** Most items of a chunk have been parsed already, and need no further promise. */
  #read(): Promise<Next<Item>> | undefined {
    try {
      const value = this.#take();
      return value === undefined ? undefined : Promise.resolve({ done: false, value });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #take(): Item | undefined {
    const loop = this.#loop;
    if (this.#isClosed) return undefined;
    try {
      // Each item would pay for entering the context.
      if (!loop.asksCaller) return loop.take();
      return this.#opening.inCall.atOnce?.(() => loop.take());
    } catch (error) {
      this.#end(error);
      throw error;
    }
  }

  #run(): Promise<Next<Item>> {
    return this.#loop.once(this.#hasRead) ?? this.#readOn();
  }

  /** A stream of small chunks waits for each of them, and most of them have an item. */
  readonly #hasRead = (): Next<Item> | Promise<Next<Item>> => {
    let value: Item | undefined;
    try {
      value = this.#take();
    } catch (error) {
      this.#free();
      throw error;
    }
    if (value === undefined) return this.#readOn();
    this.#free();
    return { done: false, value };
  };

  /** This wait needs no async context. */
  async #readOn(): Promise<Next<Item>> {
    try {
      await this.#loop.wait();
      const value = this.#take();
      return value === undefined ? await this.#opening.inCall.run(() => this.#step()) : { done: false, value };
    } finally {
      this.#free();
    }
  }

  async #step(): Promise<Next<Item>> {
    if (this.#isClosed) return { done: true, value: undefined };
    try {
      const item = await this.#loop.next();
      if (item !== undefined) return { done: false, value: await this.#loop.value(item) };
      this.#end(new DOMException('The stream was closed', 'AbortError'));
      return { done: true, value: undefined };
    } catch (error) {
      if (this.#isClosed) return { done: true, value: undefined };
      this.#end(error);
      throw error;
    }
  }

  #end(reason: unknown): void {
    this.#isClosed = true;
    this.#opening.ended(reason);
  }

  close(): void {
    this.#isClosed = true;
    const { inCall } = this.#opening;
    const end = (): void => this.#loop.close();
    if (inCall.atOnce) inCall.atOnce(end);
    else void inCall.run(async () => end());
  }
}
