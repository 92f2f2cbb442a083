import { ignore } from '../kernel/ignore.ts';

/**
 * One body for several readers, each at its own pace. `tee()` would chain the copies and has no bound: it keeps what
 * the fastest reader has read for the slowest one, which may never read at all. Here the chunks are kept once for all,
 * as a list that each reader walks along and that is released behind the last of them; a reader that falls too far
 * behind loses its body. Except for its beginning, the source is read when the fastest reader asks, so that no reader
 * waits for another.
 */
export interface SharedBody {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Ends this reader's stream with a failure; the others read on. */
  fail(reason: unknown): void;
}

/** How far a reader may fall behind the fastest, in bytes: this much is kept in memory, once for all readers. */
export const longestLag: number = 16 * 1024 * 1024;

/** This much is read before a reader asks: a short unread body holds no connection and no permit. */
const readAheadBytes = 64 * 1024;

/**
 * Makes `count` streams of one stream, which is cancelled when the last of them is cancelled.
 *
 * @param tooSlow The failure of a reader that is left behind.
 */
export function shareBody(
  source: ReadableStream<Uint8Array>,
  count: number,
  tooSlow: (index: number) => unknown,
): readonly SharedBody[] {
  const shared = new SharedSource(source, tooSlow);
  const readers = Array.from({ length: count }, () => shared.open());
  // The readers have the error of a body that breaks.
  shared.readAhead().catch(ignore);
  return readers;
}

/** The stream that all readers share, and the chunks that are kept for the slowest of them. */
class SharedSource {
  readonly #input: ReadableStreamDefaultReader<Uint8Array>;
  readonly #tooSlow: (index: number) => unknown;
  readonly #readers: (Reader | undefined)[] = [];
  #open = 0;
  // An array, not a linked list: the stack of an error keeps the chunk at which a reader waited, and by its link all
  // later chunks.
  readonly #chunks: Uint8Array[] = [];
  /** The number of the first chunk that is kept. */
  #first = 0;
  #bytes = 0;
  #isEnded = false;
  #reading: Promise<void> | undefined;

  constructor(source: ReadableStream<Uint8Array>, tooSlow: (index: number) => unknown) {
    this.#input = source.getReader();
    this.#tooSlow = tooSlow;
  }

  /** Adds a reader, before the first chunk is read. */
  open(): SharedBody {
    const reader = new Reader(this, this.#readers.length);
    this.#readers.push(reader);
    this.#open++;
    return reader;
  }

  async readAhead(): Promise<void> {
    while (this.#bytes < readAheadBytes && this.#open > 0 && !this.#isEnded) await this.#more();
  }

  /** Waits until there is a chunk with this number, the source has ended, or the reader has left. */
  async reach(at: number, reader: Reader): Promise<void> {
    while (at === this.#first + this.#chunks.length && !this.#isEnded && this.has(reader)) await this.#more();
  }

  chunk(at: number): Uint8Array | undefined {
    return this.#chunks[at - this.#first];
  }

  has({ index }: Reader): boolean {
    return this.#readers[index] !== undefined;
  }

  /** Forgets the chunks that all readers have received. */
  forget(): void {
    let least = this.#first + this.#chunks.length;
    for (const reader of this.#readers) if (reader) least = Math.min(least, reader.at);
    for (; this.#first < least; this.#first++) this.#chunks.shift();
  }

  release(reader: Reader): void {
    this.#readers[reader.index] = undefined;
    this.#open--;
    this.forget();
  }

  cancel(reader: Reader, reason: unknown): void {
    if (!this.has(reader)) return;
    this.release(reader);
    if (this.#open === 0) this.#input.cancel(reason).catch(ignore);
  }

  /** Readers that wait at the same time share one read of the source. */
  #more(): Promise<void> {
    this.#reading ??= this.#readOn();
    return this.#reading;
  }

  async #readOn(): Promise<void> {
    try {
      const { done, value } = await this.#input.read();
      this.#isEnded = done;
      if (!value || value.byteLength === 0) return;
      this.#chunks.push(value);
      this.#bytes += value.byteLength;
      this.#leaveBehind();
    } finally {
      this.#reading = undefined;
    }
  }

  #leaveBehind(): void {
    for (const reader of this.#readers) {
      if (reader && this.#bytes - reader.got > longestLag) reader.fail(this.#tooSlow(reader.index));
    }
  }
}

/** One reader of the shared source: its stream, and its position. */
class Reader implements SharedBody {
  /** The number of the next chunk for this reader. */
  at = 0;
  /** The bytes that it has received. */
  got = 0;
  readonly index: number;
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly #source: SharedSource;
  #controller!: ReadableByteStreamController;

  constructor(source: SharedSource, index: number) {
    this.#source = source;
    this.index = index;
    this.stream = new ReadableStream(
      {
        type: 'bytes',
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#pull(),
        cancel: (reason) => source.cancel(this, reason),
      },
      { highWaterMark: 0 },
    );
  }

  fail(reason: unknown): void {
    if (!this.#source.has(this)) return;
    this.#source.cancel(this, reason);
    this.#controller.error(reason);
  }

  async #pull(): Promise<void> {
    await this.#source.reach(this.at, this);
    // The reader may have left, or been left behind, while it waited.
    if (!this.#source.has(this)) return;
    const chunk = this.#source.chunk(this.at);
    if (chunk === undefined) {
      this.#source.release(this);
      this.#controller.close();
      this.#controller.byobRequest?.respond(0);
      return;
    }
    this.at++;
    this.got += chunk.byteLength;
    this.#source.forget();
    // A copy: a reader may write into its chunk, or transfer it to another thread.
    this.#controller.enqueue(new Uint8Array(chunk));
  }
}
