import type { Call } from '@holdfast/core';
import { cutShort, type Follower, follow, idleTimeoutError, ignore, unfollow } from '@holdfast/core/internal/late';
import { type Format, LongItem, type Parse, type Parser } from './format.ts';
import { IdleTimer } from './idle-timer.ts';
import { itemTooLong, lineError } from './item-errors.ts';
import { ItemQueue } from './item-queue.ts';
import { BrokenLine } from './line-format.ts';

/** The last id and wait that a stream has named. They outlive a connection. */
export interface StreamState {
  lastEventId: string | undefined;
  /** The wait before a reconnect that the server asked for, in milliseconds. */
  retryMs: number | undefined;
}

/** How a stream is read. */
export interface Reading {
  /** The longest wait for a byte, in milliseconds. */
  readonly idleTimeout: number | false;
  /** The longest wait for an item, in milliseconds. */
  readonly eventTimeout: number | false;
  /** How long an item may be, in characters. */
  readonly longest: number;
  readonly parse: Parse | undefined;
}

export interface ReaderParts<Item> extends Reading {
  readonly call: Call;
  readonly signal: AbortSignal;
  readonly format: Format<Item>;
  /** While a stream is opened, up to this many bytes are kept; after that, the opening no longer waits for an item. */
  readonly keep?: { readonly chunks: Uint8Array[]; readonly mostBytes: number };
}

/** Reads the items of one connection. */
export class StreamReader<Item> {
  readonly #parts: ReaderParts<Item>;
  readonly #body: ReadableStreamDefaultReader<Uint8Array>;
  readonly #parser: Parser;
  /** The parser removes the byte order mark. */
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #idle: IdleTimer | undefined;
  readonly #noItem: IdleTimer | undefined;
  #signal: AbortSignal;
  #abort: Follower;
  #state: Partial<StreamState> = {};
  readonly #items: ItemQueue<Item>;
  #kept = 0;
  #isKeeping: boolean;
  #hasEnded = false;
  #isAborted = false;
  /** The error that is thrown when all items before it have been taken. */
  #broken: { readonly error: unknown } | undefined;

  constructor(body: ReadableStreamDefaultReader<Uint8Array>, parts: ReaderParts<Item>) {
    const { format, signal, call, idleTimeout, eventTimeout, longest, parse, keep } = parts;
    this.#parts = parts;
    this.#body = body;
    this.#isKeeping = keep !== undefined;
    const items = new ItemQueue<Item>(format.id, (id) => {
      this.#state.lastEventId = id || undefined;
    });
    this.#items = items;
    this.#parser = format.parser({
      longest,
      parse,
      item: (item, id) => items.put(item, id),
      id: (id) => items.block(id),
      retry: (ms) => {
        this.#state.retryMs = ms;
      },
    });
    const timer = (limitMs: number | false, what: string | undefined): IdleTimer | undefined => {
      if (limitMs === false) return undefined;
      const missing = what === undefined ? {} : { what };
      return new IdleTimer(call.clock, limitMs, () => this.stop(idleTimeoutError(call, limitMs, missing)));
    };
    this.#idle = timer(idleTimeout, undefined);
    this.#noItem = timer(eventTimeout, `no ${format.noun}`);
    this.#signal = signal;
    this.#abort = this.#following(signal);
  }

  #following(signal: AbortSignal): Follower {
    const abort = {
      handleEvent: () => {
        this.#isAborted = true;
        this.stop(signal.reason);
      },
    };
    if (signal.aborted) abort.handleEvent();
    else follow(signal, abort);
    return abort;
  }

  /** The call has ended: even items that were read already are not delivered. */
  get isAborted(): boolean {
    return this.#isAborted;
  }

  /** The id of the item that was taken last. */
  get id(): string | undefined {
    return this.#items.id;
  }

  /** Has the stream ended cleanly? */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /**
   * From now on the stream is read for the caller: everything that was read while it was opened comes again.
   *
   * @param signal The signal of the whole call.
   * @param state Gets the ids and waits that the stream names from now on.
   */
  handOver(signal: AbortSignal, state: StreamState): void {
    this.#items.rewind();
    this.#isKeeping = false;
    this.#parts.keep?.chunks.splice(0);
    this.#state = Object.assign(state, this.#state);
    this.release();
    this.#signal = signal;
    this.#abort = this.#following(signal);
  }

  /** The next item that has been read already. */
  take(): Item | undefined {
    const item = this.#items.take();
    if (item !== undefined) this.#noItem?.end();
    return item;
  }

  /** Waits for the next item; `undefined` at the end. */
  async next(): Promise<Item | undefined> {
    for (;;) {
      const item = this.take();
      if (item !== undefined) return item;
      if (this.#broken) throw this.#broken.error;
      if (this.#hasEnded || this.#keepsTooMuch()) return undefined;
      await this.wait();
    }
  }

  /** Reads until there is an item to take, or until the connection ends. */
  async wait(): Promise<void> {
    while (this.#needsMore()) await this.#read(ignore);
  }

  /**
   * Reads once, for a caller that then looks for an item itself: a stream of small chunks pays for each promise with each
   * chunk. Returns nothing if the connection has ended.
   */
  once<T>(then: () => T | PromiseLike<T>): Promise<T> | undefined {
    return this.#needsMore() ? this.#read(then) : undefined;
  }

  #needsMore(): boolean {
    return this.#items.isEmpty && !this.#broken && !this.#hasEnded && !this.#keepsTooMuch();
  }

  #read<T>(then: () => T | PromiseLike<T>): Promise<T> {
    this.#noItem?.begin();
    this.#idle?.begin();
    return this.#body.read().then(
      (read) => {
        this.#came(read);
        return then();
      },
      (error: unknown) => {
        this.#failed(error);
        return then();
      },
    );
  }

  #came(read: ReadableStreamReadResult<Uint8Array>): void {
    try {
      this.#got(read);
      this.#idle?.end();
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.#broken ??= { error: this.#typed(error) };
    this.#idle?.end();
  }

  #keepsTooMuch(): boolean {
    const { keep } = this.#parts;
    return this.#isKeeping && keep !== undefined && this.#kept > keep.mostBytes;
  }

  #got({ done, value }: ReadableStreamReadResult<Uint8Array>): void {
    if (this.#broken) return;
    this.#hasEnded = done;
    if (value && this.#isKeeping) {
      this.#parts.keep?.chunks.push(value);
      this.#kept += value.byteLength;
    }
    this.#parser.feed(done ? this.#decoder.decode() : this.#decoder.decode(value, { stream: true }));
    if (done) this.#parser.end();
    this.#items.endBlock();
  }

  #typed(error: unknown): unknown {
    const { call, format, longest } = this.#parts;
    if (error instanceof BrokenLine) return lineError(error, call);
    if (error instanceof LongItem) return itemTooLong(call, format.noun, longest);
    return cutShort(error, call);
  }

  /** Ends the reading with a reason, with which the waiting reader rejects. */
  stop(reason: unknown): void {
    this.#broken ??= { error: reason };
    this.cancel(reason);
  }

  /** Releases the connection. Resolves when it has ended: other code may hold a clone, and read on. */
  cancel(reason?: unknown): Promise<void> {
    this.release();
    return this.#body.cancel(reason).catch(ignore);
  }

  /** Stops reading; other code may read the body. */
  release(): void {
    unfollow(this.#signal, this.#abort);
    this.#idle?.stop();
    this.#noItem?.stop();
  }
}
