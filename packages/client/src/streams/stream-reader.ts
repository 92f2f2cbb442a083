import { type Call, LineError } from '@holdfast/core';
import { aboutRequest, cutShort, type Follower, follow, idleTimeoutError, unfollow } from '@holdfast/core/internal';
import type { Format, Parser } from './format.ts';
import { IdleTimer } from './idle-timer.ts';
import { BrokenLine } from './line-format.ts';

/** What a stream's text said last about itself. It outlives a connection. */
export interface StreamState {
  lastEventId: string | undefined;
  /** The wait before a reconnect that the server asked for, in milliseconds. */
  retryMs: number | undefined;
}

/** An item, and the id that it came with. */
export interface Entry<Item> {
  readonly item: Item;
  readonly id?: string | undefined;
}

/** An item, or an id alone. */
type Parsed<Item> = Partial<Entry<Item>>;

/** The longest waits for a byte and for an item, in milliseconds. */
export interface StreamTimes {
  readonly idleTimeout: number | false;
  readonly eventTimeout: number | false;
}

export interface ReaderParts<Item> extends StreamTimes {
  readonly call: Call;
  readonly signal: AbortSignal;
  readonly format: Format<Item>;
  /** Keeps what is read, up to this many bytes: then it no longer waits for an item. */
  readonly keep?: { readonly chunks: Uint8Array[]; readonly mostBytes: number };
}

/** Reads the items of one connection. */
export class StreamReader<Item> {
  readonly #parts: ReaderParts<Item>;
  readonly #body: ReadableStreamDefaultReader<Uint8Array>;
  readonly #parser: Parser;
  /** The parser takes the mark at the beginning away. */
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #idle: IdleTimer | undefined;
  readonly #noItem: IdleTimer | undefined;
  #signal: AbortSignal;
  #abort: Follower;
  #state: Partial<StreamState> = {};
  #entries: Parsed<Item>[] = [];
  #at = 0;
  #kept = 0;
  #isKeeping: boolean;
  #hasEnded = false;
  /** What is to be thrown when all items before it have been taken. */
  #broken: { readonly error: unknown } | undefined;

  constructor(body: ReadableStreamDefaultReader<Uint8Array>, parts: ReaderParts<Item>) {
    const { format, signal, call, idleTimeout, eventTimeout, keep } = parts;
    this.#parts = parts;
    this.#body = body;
    this.#isKeeping = keep !== undefined;
    this.#parser = format.parser({
      item: (item, id) => this.#parsed(item, id),
      id: (id) => void this.#entries.push({ id }),
      retry: (ms) => {
        this.#state.retryMs = ms;
      },
    });
    const timer = (limitMs: number | false, what: string | undefined): IdleTimer | undefined => {
      if (limitMs === false) return undefined;
      const told = what === undefined ? {} : { what };
      return new IdleTimer(call.clock, limitMs, () => this.stop(idleTimeoutError(call, limitMs, told)));
    };
    this.#idle = timer(idleTimeout, undefined);
    this.#noItem = timer(eventTimeout, `no ${format.noun}`);
    this.#signal = signal;
    this.#abort = this.#following(signal);
  }

  #following(signal: AbortSignal): Follower {
    const abort = { handleEvent: () => this.stop(signal.reason) };
    if (signal.aborted) this.stop(signal.reason);
    else follow(signal, abort);
    return abort;
  }

  #parsed(item: Item, id: string | undefined): void {
    const entries = this.#entries;
    const last = id === undefined ? undefined : entries.at(-1);
    // The id of its own block.
    if (last !== undefined && !('item' in last)) entries.pop();
    entries.push({ item, id });
  }

  /** Has the stream ended cleanly? */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /**
   * From now on it is read for the caller: everything that was read while the stream was opened comes again.
   *
   * @param signal That of the whole call.
   * @param state Hears from now on what the stream says about itself.
   */
  handOver(signal: AbortSignal, state: StreamState): void {
    this.#at = 0;
    this.#isKeeping = false;
    this.#parts.keep?.chunks.splice(0);
    this.#state = Object.assign(state, this.#state);
    this.release();
    this.#signal = signal;
    this.#abort = this.#following(signal);
  }

  /** The next item that has been read already. */
  take(): Entry<Item> | undefined {
    while (this.#at < this.#entries.length) {
      const entry = this.#entries[this.#at++] as Parsed<Item>;
      if ('item' in entry) return entry as Entry<Item>;
      this.#state.lastEventId = entry.id || undefined;
    }
    if (this.#at > 0) this.#entries = [];
    this.#at = 0;
    return undefined;
  }

  /** Waits for the next item; `undefined` at the end. */
  async next(): Promise<Entry<Item> | undefined> {
    for (let entry = this.take(); ; entry = this.take()) {
      if (entry === undefined) {
        if (this.#broken) throw this.#broken.error;
        if (this.#hasEnded || this.#keepsTooMuch()) return undefined;
        this.#noItem?.begin();
        await this.#read();
      } else {
        this.#noItem?.end();
        return entry;
      }
    }
  }

  #keepsTooMuch(): boolean {
    const { keep } = this.#parts;
    return this.#isKeeping && keep !== undefined && this.#kept > keep.mostBytes;
  }

  async #read(): Promise<void> {
    this.#idle?.begin();
    try {
      const { done, value } = await this.#body.read();
      if (this.#broken) return;
      this.#hasEnded = done;
      if (value && this.#isKeeping) {
        this.#parts.keep?.chunks.push(value);
        this.#kept += value.byteLength;
      }
      this.#parser.feed(done ? this.#decoder.decode() : this.#decoder.decode(value, { stream: true }));
      if (done) this.#parser.end();
    } catch (error) {
      this.#broken ??= { error: this.#told(error) };
    } finally {
      this.#idle?.end();
    }
  }

  #told(error: unknown): unknown {
    const { call } = this.#parts;
    if (!(error instanceof BrokenLine)) return cutShort(error, call);
    const { line, cause } = error;
    const message = aboutRequest(call, (request) => `A line of the stream is not JSON: ${request}, line ${line}`);
    return new LineError({ call, message, line, cause });
  }

  /** Ends it with a reason, which the waiting reader gets. */
  stop(reason: unknown): void {
    this.#broken ??= { error: reason };
    this.cancel(reason);
  }

  /** Releases the connection. */
  cancel(reason?: unknown): void {
    this.release();
    this.#body.cancel(reason).catch(ignore);
  }

  /** It is not read any longer, and its body may go on elsewhere. */
  release(): void {
    unfollow(this.#signal, this.#abort);
    this.#idle?.stop();
    this.#noItem?.stop();
  }
}

/** A body that breaks while it is discarded is no loss. */
function ignore(): void {}
