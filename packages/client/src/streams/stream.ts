import { ignore, keptContext } from '@holdfast/core/internal';
import type { ItemReader, Next, Opening } from './item-reader.ts';

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

/** Begins a stream, whose code may have to be loaded. */
export type BeginStream<Item> = (opening: Opening) => BegunStream<Item>;

export interface BegunStream<Item> {
  readonly reader: Promise<ItemReader<Item>>;
  /** Ends the loading, so that its promise rejects. */
  leave(): void;
}

/** The stream. Nothing is sent before its first item, or its response, is asked for. */
export class LazyStream<Item> implements EventStream<Item> {
  readonly #begin: BeginStream<Item>;
  readonly #inCall = keptContext();
  #begun: BegunStream<Item> | undefined;
  /** Set once the code is loaded. */
  #reader: ItemReader<Item> | undefined;
  #isAsked = false;
  #isClosed = false;
  #answered!: (response: Response) => void;
  #unanswered!: (reason: unknown) => void;
  readonly #response = new Promise<Response>((resolve, reject) => {
    this.#answered = resolve;
    this.#unanswered = reject;
  });
  /** An item that was read while `response` was waited for. */
  #ahead: Promise<Next<Item>> | undefined;

  constructor(begin: BeginStream<Item>) {
    this.#begin = begin;
    // The stream's iterator reports the failure.
    this.#response.catch(ignore);
  }

  get response(): Promise<Response> {
    if (!this.#isAsked && !this.#isClosed) {
      this.#ahead = this.next();
      this.#ahead.catch(ignore);
    }
    return this.#response;
  }

  get lastEventId(): string | undefined {
    return this.#reader?.lastEventId;
  }

  next(): Promise<Next<Item>> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    return ahead ?? this.#reader?.next() ?? this.#whenLoaded();
  }

  /** Calls that come while the code is being loaded are answered in their order. */
  #whenLoaded(): Promise<Next<Item>> {
    this.#isAsked = true;
    return this.#inCall.run(async () => (await this.#loaded())?.next() ?? { done: true, value: undefined });
  }

  /** Absent if the stream was closed meanwhile: then it has no failure. */
  async #loaded(): Promise<ItemReader<Item> | undefined> {
    if (this.#isClosed) return undefined;
    try {
      const opening = {
        inCall: this.#inCall,
        answered: this.#answered,
        ended: (reason: unknown): void => this.#end(reason),
      };
      this.#begun ??= this.#begin(opening);
      this.#reader = await this.#begun.reader;
      if (!this.#isClosed) return this.#reader;
      this.#reader.close();
    } catch (error) {
      if (!this.#isClosed) {
        this.#end(error);
        throw error;
      }
    }
    return undefined;
  }

  #end(reason: unknown): void {
    this.#isClosed = true;
    this.#unanswered(reason);
  }

  close(): void {
    this.#ahead = undefined;
    this.#end(new DOMException('The stream was closed', 'AbortError'));
    this.#begun?.leave();
    this.#reader?.close();
  }

  /** Called when a loop was left. */
  async return(): Promise<Next<Item>> {
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
