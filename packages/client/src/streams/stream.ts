import { ignore, keptContext } from '@holdfast/core/internal';
import type { StreamLoop } from './stream-loop.ts';

/** A stream that is read item by item: `for await (const item of stream)`. */
export interface ItemStream<Item> extends AsyncIterableIterator<Item, undefined, undefined> {
  /** The first answer, as soon as its headers have arrived. Reading this property sends the request. */
  readonly response: Promise<Response>;
  /** Ends the loop without an error, and the request. */
  close(): void;
  [Symbol.asyncIterator](): ItemStream<Item>;
  /** As `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** A stream of server-sent events. */
export interface EventStream<Event> extends ItemStream<Event> {
  /** The id from which the stream would be resumed. */
  readonly lastEventId: string | undefined;
  [Symbol.asyncIterator](): EventStream<Event>;
}

/**
 * Makes the loop, which may have to be loaded. The loop calls `answered` when the headers of the first answer have
 * arrived.
 */
export type BeginLoop<Item> = (answered: (response: Response) => void) => BegunLoop<Item>;

export interface BegunLoop<Item> {
  readonly loop: Promise<StreamLoop<Item>>;
  /** Ends the loading, so that its promise rejects. */
  leave(): void;
}

/** The stream. Nothing is sent before its first item, or its response, is asked for. */
export class LazyStream<Item> implements EventStream<Item> {
  readonly #begin: BeginLoop<Item>;
  /** The stream may be read in another async context than the one in which it was made. */
  readonly #inCall = keptContext();
  #loop: StreamLoop<Item> | undefined;
  #begun: BegunLoop<Item> | undefined;
  /** The item that was asked for last, while it is waited for. */
  #busy: Promise<IteratorResult<Item, undefined>> | undefined;
  /** How many wait for the one before them. */
  #queued = 0;
  #isClosed = false;
  #answered!: (response: Response) => void;
  #unanswered!: (reason: unknown) => void;
  readonly #response = new Promise<Response>((resolve, reject) => {
    this.#answered = resolve;
    this.#unanswered = reject;
  });
  /** An item that was read while `response` was waited for. */
  #ahead: Promise<IteratorResult<Item, undefined>> | undefined;

  constructor(begin: BeginLoop<Item>) {
    this.#begin = begin;
    // The stream's iterator reports the failure.
    // The iteration reports it.
    this.#response.catch(ignore);
  }

  get response(): Promise<Response> {
    if (this.#busy === undefined && this.#loop === undefined && !this.#isClosed) {
      this.#ahead = this.#run();
      this.#busy = this.#ahead;
      this.#ahead.catch(ignore);
    }
    return this.#response;
  }

  get lastEventId(): string | undefined {
    return this.#loop?.lastEventId;
  }

  /** Runs the reads of all readers one after the other. */
  next(): Promise<IteratorResult<Item, undefined>> {
    const ahead = this.#ahead;
    if (ahead !== undefined) {
      this.#ahead = undefined;
      return ahead;
    }
    const before = this.#busy;
    if (before !== undefined) return this.#after(before);
    const there = this.#read();
    if (there !== undefined) return there;
    this.#busy = this.#run();
    return this.#busy;
  }

  /** In the order in which they were asked for, also when more is asked for as soon as one has come. */
  #after(before: Promise<unknown>): Promise<IteratorResult<Item, undefined>> {
    const itsTurn = (): Promise<IteratorResult<Item, undefined>> => this.#read() ?? this.#run();
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
  #read(): Promise<IteratorResult<Item, undefined>> | undefined {
    try {
      const value = this.#take();
      return value === undefined ? undefined : Promise.resolve({ done: false, value });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #take(): Item | undefined {
    const loop = this.#loop;
    if (loop === undefined || this.#isClosed) return undefined;
    try {
      // Each item would pay for entering the context.
      if (!loop.asksCaller) return loop.take();
      return this.#inCall.atOnce?.(() => loop.take());
    } catch (error) {
      this.#end(error);
      throw error;
    }
  }

  #run(): Promise<IteratorResult<Item, undefined>> {
    const loop = this.#loop;
    if (loop !== undefined && !this.#isClosed) return loop.once(this.#hasRead) ?? this.#readOn(loop);
    const run = this.#inCall.run(() => this.#step());
    const free = (): void => this.#free();
    run.then(free, free);
    return run;
  }

  /** A stream of small chunks waits for each of them, and most of them have an item. */
  readonly #hasRead = (): IteratorResult<Item, undefined> | Promise<IteratorResult<Item, undefined>> => {
    let value: Item | undefined;
    try {
      value = this.#take();
    } catch (error) {
      this.#free();
      throw error;
    }
    if (value === undefined) return this.#readOn(this.#loop as StreamLoop<Item>);
    this.#free();
    return { done: false, value };
  };

  /** This wait needs no async context. */
  async #readOn(loop: StreamLoop<Item>): Promise<IteratorResult<Item, undefined>> {
    try {
      await loop.wait();
      const value = this.#take();
      return value === undefined ? await this.#inCall.run(() => this.#step()) : { done: false, value };
    } finally {
      this.#free();
    }
  }

  async #step(): Promise<IteratorResult<Item, undefined>> {
    if (this.#isClosed) return { done: true, value: undefined };
    try {
      this.#begun ??= this.#begin(this.#answered);
      this.#loop ??= await this.#begun.loop;
      if (this.#isClosed) this.#loop.close();
      const item = await this.#loop.next();
      if (item !== undefined) return { done: false, value: await this.#loop.value(item) };
      this.#end(closed());
      return { done: true, value: undefined };
    } catch (error) {
      // The loading may never end: a stream that was closed meanwhile has no failure.
      if (this.#isClosed) return { done: true, value: undefined };
      this.#end(error);
      throw error;
    }
  }

  #end(reason: unknown): void {
    this.#isClosed = true;
    this.#unanswered(reason);
  }

  close(): void {
    this.#ahead = undefined;
    this.#end(closed());
    this.#begun?.leave();
    const loop = this.#loop;
    if (loop === undefined) return;
    const end = (): void => loop.close();
    if (this.#inCall.atOnce) this.#inCall.atOnce(end);
    else void this.#inCall.run(async () => end());
  }

  /** Called when a loop was left. */
  async return(): Promise<IteratorResult<Item, undefined>> {
    this.close();
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<never> {
    this.close();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}

function closed(): DOMException {
  return new DOMException('The stream was closed', 'AbortError');
}
