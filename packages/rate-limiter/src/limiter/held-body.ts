import type { Clock } from '@holdfast/core';
import { ignore, nextBytes, whenGone } from '@holdfast/core/internal/late';

/** How much is read ahead, in bytes. */
const mostAhead = 65_536;
/**
 * If more chunks than this were asked for, the body is being read: streams around it ask for one or two by themselves.
 */
const fewChunks = 4;
/**
 * A body that is not read for this time, in milliseconds, while other calls wait, gives its permit back if its reading
 * has not begun.
 */
export const leftAfterMs = 5_000;

/** The inputs of a held body. */
export interface HeldBodyParts {
  readonly clock: Clock;
  /** Called once, at the end of the body. */
  ended(): void;
}

/**
 * A body that holds a permit until it has ended, has broken or was cancelled.
 *
 * There are dozens of ways to touch a body, and most say nothing about its end: `response.body` was accessed, a clone
 * was made and never read, a reader was taken and released. So none of them is watched. The caller gets a stream that
 * asks for more bytes only when it is read, and whose end is seen here. So whether bytes are asked for shows whether
 * the body is being read. While other calls wait for the permit, a body for which no bytes are asked is read ahead.
 */
export class HeldBody {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #parts: HeldBodyParts;
  /** The chunks that were read ahead. */
  readonly #ahead: Uint8Array[] = [];
  #aheadBytes = 0;
  /** The read that is under way, the reader's or the one ahead. */
  #reading: Promise<Uint8Array | undefined> | undefined;
  #asked = 0;
  #isAsking = false;
  #isOver = false;
  /** Since when no bytes have been asked for, by the monotonic clock. */
  #idleSince: number;

  /** @param since Since when the body is there. */
  constructor(reader: ReadableStreamDefaultReader<Uint8Array>, parts: HeldBodyParts, since: number) {
    this.#parts = parts;
    this.#reader = reader;
    this.#idleSince = since;
  }

  /**
   * The stream for the caller, made once. It is not kept here: when it is garbage-collected, nothing will read the
   * body.
   */
  stream(): ReadableStream<Uint8Array> {
    const stream: ReadableStream<Uint8Array> = new ReadableStream(
      {
        type: 'bytes',
        pull: (controller) => this.#pull(controller),
        cancel: (reason) => this.cancel(reason),
      },
      { highWaterMark: 0 },
    );
    gone.register(stream, this);
    return stream;
  }

  /**
   * Another call waits for the permit: a body that is not being read for this time is read ahead, and finally gives its
   * permit back.
   */
  look(patienceMs: number): void {
    if (this.#isOver || this.#isAsking) return;
    const idleMs = this.#parts.clock.now() - this.#idleSince;
    if (idleMs < patienceMs) return;
    if (idleMs >= leftAfterMs && this.#asked <= fewChunks) this.#end();
    else this.#readAhead();
  }

  /** Called when nothing will read the body any more. */
  cancel(reason?: unknown): Promise<void> {
    this.#end();
    return this.#reader.cancel(reason);
  }

  async #pull(controller: ReadableByteStreamController): Promise<void> {
    this.#asked++;
    this.#isAsking = true;
    try {
      const chunk = this.#ahead.shift() ?? (await this.#nextOrAhead());
      if (chunk) {
        this.#aheadBytes -= chunk.byteLength;
        // A copy: the chunk may be used elsewhere, too.
        controller.enqueue(new Uint8Array(chunk));
        return;
      }
      controller.close();
      controller.byobRequest?.respond(0);
    } finally {
      this.#isAsking = false;
      this.#idleSince = this.#parts.clock.now();
    }
  }

  async #nextOrAhead(): Promise<Uint8Array | undefined> {
    // The chunks that are being read ahead come first.
    if (this.#reading) await this.#reading;
    return this.#ahead.shift() ?? (await this.#read());
  }

  /** Reads the next chunk ahead; `undefined` at the end. */
  #read(): Promise<Uint8Array | undefined> {
    const read = nextBytes(this.#reader).then(
      (chunk) => {
        this.#reading = undefined;
        if (chunk) this.#aheadBytes += chunk.byteLength;
        else this.#end();
        return chunk;
      },
      (error: unknown) => {
        this.#end();
        throw error;
      },
    );
    this.#reading = read;
    return read;
  }

  #readAhead(): void {
    if (this.#reading || this.#aheadBytes > mostAhead) return;
    this.#read().then(
      (chunk) => {
        if (!chunk) return;
        this.#ahead.push(chunk);
        if (!this.#isAsking) this.#readAhead();
      },
      // A later reader gets this error.
      ignore,
    );
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#parts.ended();
  }
}

/** A stream that was garbage-collected will not be read, so its connection is released as well. */
const gone = whenGone<HeldBody>((body) => {
  body.cancel().catch(ignore);
});
