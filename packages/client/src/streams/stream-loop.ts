import { untilReached, within } from '@holdfast/core/internal/late';
import type { Parse } from './format.ts';
import { type End, Interruptions } from './interruption.ts';
import { isOfContent, lineError } from './item-errors.ts';
import { BrokenLine } from './line-format.ts';
import { failureStatus, isLast, readerOf } from './open-stream.ts';
import { idOf, noProgress, type Progress } from './progress.ts';
import { StreamCall, type StreamCallParts } from './stream-call.ts';
import { StreamReader } from './stream-reader.ts';

/** How long other code may read the rest of a stream after its last item, in milliseconds. */
const longestEndMs = 1_000;

/**
 * One stream, over as many connections as it takes.
 *
 * A stream of events fails in ways that a request does not: it stalls, it breaks in the middle of an event, it ends
 * early as if it were complete. Sending it again from its beginning is right before the first event and wrong after it.
 * So each opening is a run of the pipeline that lasts until the first event, and fails, is retried and counted like any
 * other attempt. After that, nothing is replayed: an interruption is judged once, by the same policies and the same
 * budget, and the stream continues from the last event's id, or not at all. All of it is one call, with one history and
 * one end.
 */
export class StreamLoop<Item> {
  readonly #parts: StreamCallParts<Item>;
  readonly #progress: Progress<Item> = noProgress();
  readonly #call: StreamCall<Item>;
  readonly #interruptions: Interruptions<Item>;
  #reader: StreamReader<Item> | undefined;
  #response: Response | undefined;
  #connections = 0;
  /** Thrown when a delivered item says that the stream has failed. */
  #failure: End | undefined;
  #isOver = false;
  /** The user's `parseJson`, if it makes the value of each item. */
  #parse: Parse | undefined;

  constructor(parts: StreamCallParts<Item>) {
    this.#parts = parts;
    this.#call = new StreamCall(parts, this.#progress);
    this.#interruptions = new Interruptions(parts, this.#call, this.#progress);
  }

  get lastEventId(): string | undefined {
    return this.#progress.lastEventId;
  }

  /** Are functions of the caller called for each item? */
  get asksCaller(): boolean {
    const { isFailure, until } = this.#parts.stream;
    return isFailure !== undefined || until !== undefined;
  }

  /** The next item, if it has been read already; otherwise the caller has to wait for it. */
  take(): Item | undefined {
    const reader = this.#reader;
    if (reader === undefined || this.#failure || this.#parse || reader.isAborted) return undefined;
    const item = reader.take();
    if (item === undefined) return undefined;
    try {
      return this.#judged(item, reader.id);
    } catch (error) {
      this.#break(error);
      throw error;
    }
  }

  /**
   * Waits until the open connection has another item to take. If it has none, `next()` decides what follows; calling
   * only `next()` is enough, too.
   */
  wait(): Promise<void> | undefined {
    return this.#reader?.wait();
  }

  /** Reads the open connection once, if it has not ended, and resolves to what `then` returns. */
  once<T>(then: () => T | PromiseLike<T>): Promise<T> | undefined {
    return this.#reader?.once(then);
  }

  /** The next item; `undefined` at the end. */
  async next(): Promise<Item | undefined> {
    if (this.#isOver) return undefined;
    try {
      const item = await this.#next();
      if (item === undefined) this.#finish();
      return item;
    } catch (error) {
      if (this.#isOver) return undefined;
      this.#break(error);
      throw error;
    }
  }

  /** An item as the caller gets it. Where `parseJson` may have to be asked, items come by `next()` alone. */
  async value(item: Item): Promise<Item> {
    const parse = this.#parse;
    if (parse === undefined) return item;
    const { scope } = this.#call;
    try {
      const value = this.#parts.format.value?.(item, parse) as Promise<Item>;
      return await within(value, { signal: scope.signal });
    } catch (error) {
      const typed = error instanceof BrokenLine ? lineError(error, scope.call) : error;
      if (!this.#isOver) this.#break(typed);
      throw typed;
    }
  }

  async #next(): Promise<Item | undefined> {
    for (;;) {
      this.#reader ??= await this.#connect();
      const reader = this.#reader;
      if (reader === undefined) return undefined;
      const item = await this.#nextOf(reader);
      if (item !== undefined) return item;
      const end = this.#failure ?? 'clean';
      this.#failure = undefined;
      reader.cancel();
      if (end !== 'clean' && 'error' in end) this.#call.leave(end.error);
      this.#reader = undefined;
      if (!(await this.#interruptions.goesOn(end, this.#response as Response))) return undefined;
    }
  }

  /** Returns nothing if the connection has ended; then `#failure` says how, unless it ended cleanly. */
  async #nextOf(reader: StreamReader<Item>): Promise<Item | undefined> {
    if (this.#failure) return undefined;
    const { signal } = this.#call.scope;
    let item: Item | undefined;
    try {
      item = await reader.next();
      signal.throwIfAborted();
    } catch (error) {
      signal.throwIfAborted();
      if (isOfContent(error)) throw error;
      this.#failure = { error: error as Error };
    }
    return item === undefined ? undefined : this.#judged(item, reader.id);
  }

  /**
   * Delivers an item, unless it says that the stream has failed.
   *
   * @param id The id of the item.
   */
  #judged(item: Item, id: string | undefined): Item | undefined {
    const { stream, format } = this.#parts;
    if (stream.isFailure !== undefined && !this.#call.wasJudged(item)) {
      const status = failureStatus(stream.isFailure, item);
      if (status !== undefined) {
        this.#failure = { status, text: format.text(item) };
        return undefined;
      }
    }
    const progress = this.#progress;
    if (id !== undefined) progress.lastEventId = id || undefined;
    progress.received++;
    progress.retries = 0;
    progress.last = item;
    // Nothing after the last item is read, whether or not the caller asks for more.
    if (stream.until !== undefined && isLast(stream.until(item))) this.#complete();
    return item;
  }

  /** The last item has come. Code that reads a clone of the answer may read its end, too, if it comes soon. */
  #complete(): void {
    const reader = this.#reader;
    const { scope } = this.#call;
    this.#reader = undefined;
    const late = (): void => scope.part?.abort(untilReached);
    const { clock } = this.#parts.runtime;
    if (reader) void within(reader.cancel(untilReached), { clock, ms: longestEndMs, late, unref: true });
    this.#finish();
  }

  /** Opens the stream, or opens it again; `undefined` if the server says that there is no more. */
  async #connect(): Promise<StreamReader<Item> | undefined> {
    const stream = this.#call;
    const before = stream.begun?.call.attempts.length ?? 0;
    const isFirst = this.#connections++ === 0;
    let response: Response | undefined;
    try {
      response = await stream.open(this.#interruptions.options);
    } catch (error) {
      stream.begun?.signal.throwIfAborted();
      if (this.#progress.received === 0) throw error;
      throw this.#interruptions.interrupted(error as Error);
    } finally {
      // Where nothing was sent, another call may have it.
      this.#progress.callBudget?.end('handedOn');
      this.#progress.callBudget = undefined;
    }
    if (response === undefined) return undefined;
    const { call, signal } = stream.scope;
    this.#response = response;
    this.#parse = this.#parts.format.value && stream.parse;
    this.#progress.retries += call.attempts.slice(before).filter(({ decision }) => decision?.action === 'retry').length;
    if (response.status === 204 || response.body === null) return undefined;
    if (!isFirst) {
      const attempt = call.attempts.at(-1)?.attempt ?? 1;
      this.#parts.runtime.hub.emit['stream.resumed']?.({ call, attempt }, { attempt, ...idOf(this.#progress) });
    }
    const { format } = this.#parts;
    const reader =
      readerOf<Item>(response.body) ??
      new StreamReader(response.body.getReader(), { ...stream.reading, call, signal, format });
    reader.handOver(signal, this.#progress);
    return reader;
  }

  /** Ends the stream without an error, at any point. */
  close(): void {
    if (this.#isOver) return;
    this.#finish();
    this.#call.begun?.abort(new DOMException('The stream was closed', 'AbortError'));
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#letGo();
    this.#call.end(this.#response);
  }

  #break(error: unknown): void {
    this.#isOver = true;
    this.#letGo();
    this.#call.fail(error);
  }

  #letGo(): void {
    this.#reader?.cancel();
    this.#reader = undefined;
  }
}
