import { type Call, LineError } from '@holdfast/core';
import { aboutRequest, cutShort, type Follower, follow, idleTimeoutError, unfollow } from '@holdfast/core/internal';
import type { Format, Parser } from './format.ts';
import { BrokenLine } from './line-format.ts';

/** What a stream's text said last about itself. It outlives a connection. */
export interface StreamState {
  lastEventId: string | undefined;
  /** The wait before a reconnect that the server asked for, in milliseconds. */
  retryMs: number | undefined;
}

/** An item, or an id alone. */
interface Entry<Item> {
  readonly item?: Item;
  readonly id?: string | undefined;
}

export interface ReaderParts<Item> {
  readonly call: Call;
  readonly signal: AbortSignal;
  readonly format: Format<Item>;
  readonly state: StreamState;
  /** The longest wait for an item, in milliseconds. */
  readonly eventTimeout: number | false;
  /** Keeps what is read, at most so many bytes: then no item is waited for any longer. */
  readonly keep?: { readonly chunks: Uint8Array[]; readonly mostBytes: number };
}

/** Reads the items of one connection. */
export class StreamReader<Item> {
  readonly #parts: ReaderParts<Item>;
  readonly #body: ReadableStreamDefaultReader<Uint8Array>;
  readonly #parser: Parser;
  /** The parser takes the mark at the beginning away. */
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #abort: Follower;
  #entries: Entry<Item>[] = [];
  #at = 0;
  #kept = 0;
  #hasEnded = false;
  /** What is to be thrown when all items before it have been taken. */
  #broken: { readonly error: unknown } | undefined;

  constructor(body: ReadableStreamDefaultReader<Uint8Array>, parts: ReaderParts<Item>) {
    this.#parts = parts;
    this.#body = body;
    const { format, signal, state } = parts;
    const entries = (): Entry<Item>[] => this.#entries;
    this.#parser = format.parser({
      item(item, id) {
        const last = entries().at(-1);
        // The id of its own block.
        if (id !== undefined && last !== undefined && !('item' in last)) entries().pop();
        entries().push({ item, id });
      },
      id: (id) => void entries().push({ id }),
      retry(ms) {
        state.retryMs = ms;
      },
    });
    this.#abort = { handleEvent: () => this.stop(signal.reason) };
    if (signal.aborted) this.stop(signal.reason);
    else follow(signal, this.#abort);
  }

  /** Has the stream ended cleanly? */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** The next item that has been read already. */
  take(): (Entry<Item> & { readonly item: Item }) | undefined {
    while (this.#at < this.#entries.length) {
      const entry = this.#entries[this.#at++] as Entry<Item>;
      if ('item' in entry) return entry as Entry<Item> & { readonly item: Item };
      this.#parts.state.lastEventId = entry.id || undefined;
    }
    this.#entries = [];
    this.#at = 0;
    return undefined;
  }

  /** Waits for the next item; `undefined` at the end. */
  async next(): Promise<(Entry<Item> & { readonly item: Item }) | undefined> {
    const { call, eventTimeout, format } = this.#parts;
    const { clock } = call;
    let timer: unknown;
    if (eventTimeout !== false) {
      const what = `no ${format.noun}`;
      timer = clock.setTimer(() => this.stop(idleTimeoutError(call, eventTimeout, { what })), eventTimeout);
    }
    try {
      for (let entry = this.take(); ; entry = this.take()) {
        if (entry !== undefined) return entry;
        if (this.#broken) throw this.#broken.error;
        if (this.#hasEnded || this.#keepsTooMuch()) return undefined;
        await this.#read();
      }
    } finally {
      if (timer !== undefined) clock.clearTimer(timer);
    }
  }

  #keepsTooMuch(): boolean {
    const { keep } = this.#parts;
    return keep !== undefined && this.#kept > keep.mostBytes;
  }

  async #read(): Promise<void> {
    const { keep } = this.#parts;
    try {
      const { done, value } = await this.#body.read();
      if (this.#broken) return;
      this.#hasEnded = done;
      if (value) {
        keep?.chunks.push(value);
        this.#kept += value.byteLength;
      }
      this.#parser.feed(done ? this.#decoder.decode() : this.#decoder.decode(value, { stream: true }));
      if (done) this.#parser.end();
    } catch (error) {
      this.#broken ??= { error: this.#told(error) };
    }
  }

  #told(error: unknown): unknown {
    const { call } = this.#parts;
    if (!(error instanceof BrokenLine)) return cutShort(error, call);
    const { line, cause } = error;
    const message = aboutRequest(call, (request) => `A line of the stream is not JSON: ${request}, line ${line}`);
    return new LineError({ call, message, line, cause });
  }

  /** Ends it with a reason, which whoever waits gets. */
  stop(reason: unknown): void {
    this.#broken ??= { error: reason };
    this.cancel(reason);
  }

  /** Lets go of the connection. */
  cancel(reason?: unknown): void {
    this.release();
    this.#body.cancel(reason).catch(ignore);
  }

  /** The body goes on elsewhere. */
  release(): void {
    unfollow(this.#parts.signal, this.#abort);
  }
}

/** A body that breaks while it is thrown away is no loss. */
function ignore(): void {}
