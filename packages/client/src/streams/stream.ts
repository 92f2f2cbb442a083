import type { Clock } from '@holdfast/core';
import { onDemand } from '@holdfast/core/internal';
import type { StreamCallParts } from './stream-call.ts';
import type { StreamLoop } from './stream-loop.ts';

/** A stream that is read item by item: `for await (const item of stream)`. */
export interface ItemStream<Item> extends AsyncIterableIterator<Item, undefined, undefined> {
  /** The first answer, as soon as its headers are there. To look at it sends the request. */
  readonly response: Promise<Response>;
  /** Ends the loop quietly, and the request. */
  close(): void;
  [Symbol.asyncIterator](): ItemStream<Item>;
}

/** A stream of server-sent events. */
export interface EventStream<Event> extends ItemStream<Event> {
  /** The id from which the stream would be resumed. */
  readonly lastEventId: string | undefined;
  [Symbol.asyncIterator](): EventStream<Event>;
}

/** What only calls of streams need is loaded with the first of them. */
const loopOnDemand = onDemand('Streams', () => import('./stream-loop.ts'));

export interface LazyStreamParts<Item> {
  readonly clock: Clock;
  /** All that the loop needs, which may have to be loaded. */
  parts(): Promise<Omit<StreamCallParts<Item>, 'answered'>>;
}

/** The stream; nothing of it happens before it is asked for its first item, or its response. */
export class LazyStream<Item> implements EventStream<Item> {
  readonly #parts: LazyStreamParts<Item>;
  #loop: StreamLoop<Item> | undefined;
  #loading: Promise<StreamLoop<Item>> | undefined;
  #busy: Promise<unknown> | undefined;
  #isClosed = false;
  #answered!: (response: Response) => void;
  #unanswered!: (reason: unknown) => void;
  readonly #response = new Promise<Response>((resolve, reject) => {
    this.#answered = resolve;
    this.#unanswered = reject;
  });
  /** An item that was waited for on behalf of `response`. */
  #ahead: Promise<IteratorResult<Item, undefined>> | undefined;

  constructor(parts: LazyStreamParts<Item>) {
    this.#parts = parts;
    // Whoever iterates hears of a failure there.
    this.#response.catch(ignore);
  }

  get response(): Promise<Response> {
    if (this.#busy === undefined && this.#loop === undefined && !this.#isClosed) {
      this.#ahead = this.#run();
      this.#ahead.catch(ignore);
    }
    return this.#response;
  }

  get lastEventId(): string | undefined {
    return this.#loop?.lastEventId;
  }

  /** One after the other, whoever asks. */
  next(): Promise<IteratorResult<Item, undefined>> {
    const ahead = this.#ahead;
    if (ahead !== undefined) {
      this.#ahead = undefined;
      return ahead;
    }
    if (this.#busy === undefined) return this.#read() ?? this.#run();
    const again = (): Promise<IteratorResult<Item, undefined>> => this.next();
    return this.#busy.then(again, again);
  }

  /** Most items of a chunk are there already, and need no further promise. */
  #read(): Promise<IteratorResult<Item, undefined>> | undefined {
    if (this.#isClosed) return undefined;
    try {
      const entry = this.#loop?.take();
      return entry && Promise.resolve({ done: false, value: entry.item });
    } catch (error) {
      this.#end(error);
      return Promise.reject(error);
    }
  }

  #run(): Promise<IteratorResult<Item, undefined>> {
    const run = this.#step();
    const free = (): void => {
      if (this.#busy === run) this.#busy = undefined;
    };
    this.#busy = run;
    run.then(free, free);
    return run;
  }

  async #step(): Promise<IteratorResult<Item, undefined>> {
    if (this.#isClosed) return { done: true, value: undefined };
    try {
      const loop = this.#loop ?? (await this.#load());
      const entry = await loop.next();
      if (entry !== undefined) return { done: false, value: entry.item };
      this.#end(new DOMException('The stream was closed', 'AbortError'));
      return { done: true, value: undefined };
    } catch (error) {
      this.#end(error);
      throw error;
    }
  }

  #load(): Promise<StreamLoop<Item>> {
    const load = async (): Promise<StreamLoop<Item>> => {
      const { clock } = this.#parts;
      const [{ StreamLoop }, parts] = await Promise.all([loopOnDemand.load(clock), this.#parts.parts()]);
      this.#loop = new StreamLoop({ ...parts, answered: this.#answered });
      if (this.#isClosed) this.#loop.close();
      return this.#loop;
    };
    this.#loading ??= load();
    return this.#loading;
  }

  #end(reason: unknown): void {
    this.#isClosed = true;
    this.#unanswered(reason);
  }

  close(): void {
    this.#end(new DOMException('The stream was closed', 'AbortError'));
    this.#loop?.close();
  }

  /** A loop was left. */
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
}

/** Told by the iteration. */
function ignore(): void {}
