import type { Clock } from '@holdfast/core';
import { whenGone } from '@holdfast/core/internal';

/** How much is read ahead, in bytes. */
const mostAhead = 65_536;
/** A reader that has asked for more chunks than this reads: what stands between it and the body asks for one or two by itself. */
const fewChunks = 4;
/**
 * A body whose reading has not begun, and that is not read for this time while other calls wait, gives its permit back,
 * in milliseconds.
 */
const leftAfterMs = 5_000;

/** What a held body is made from. */
export interface HeldBodyParts {
  readonly clock: Clock;
  /** Called once, at its end. */
  ended(): void;
}

/**
 * A body that holds a permit until it has ended, broke or was cancelled.
 *
 * There are dozens of ways to touch a body, and most say nothing about its end: `response.body` was read, a clone was
 * made and never read, a reader was taken and released. So none of them is watched. The caller gets a stream that asks
 * the server for more only when something reads it, and this sees the end of it; whether anything reads it is the same
 * question as whether anything asks. While other calls wait for the permit, a body for which nothing asks is read
 * ahead.
 */
export class HeldBody {
  /** Where calls are apart: when its own call was last there, by the monotonic clock. */
  seenAt: number;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #parts: HeldBodyParts;
  /** What was read ahead. */
  readonly #ahead: Uint8Array[] = [];
  #aheadBytes = 0;
  /** The read that is under way, the reader's or the one ahead. */
  #reading: Promise<Uint8Array | undefined> | undefined;
  #asked = 0;
  #isAsking = false;
  #isOver = false;
  /** By the monotonic clock: since when nothing asks for more. */
  #idleSince: number;

  constructor(body: ReadableStream<Uint8Array>, parts: HeldBodyParts) {
    this.#parts = parts;
    this.#reader = body.getReader();
    this.#idleSince = parts.clock.now();
    this.seenAt = this.#idleSince;
  }

  /** What the caller gets, once. It is not kept here: when it is garbage, nothing will read the body. */
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

  get isOver(): boolean {
    return this.#isOver;
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

  /** Nothing will read it any more. */
  cancel(reason?: unknown): Promise<void> {
    this.#end();
    return this.#reader.cancel(reason);
  }

  /** Its caller has ended with the incoming request that it served: nothing is left to observe. */
  leave(): void {
    this.#end();
  }

  async #pull(controller: ReadableByteStreamController): Promise<void> {
    this.#asked++;
    this.#isAsking = true;
    try {
      const chunk = this.#ahead.shift() ?? (await this.#nextOrAhead());
      if (chunk) {
        this.#aheadBytes -= chunk.byteLength;
        // A copy: what a body is made of may be used elsewhere, too.
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
    // What is being read ahead comes first.
    if (this.#reading) await this.#reading;
    return this.#ahead.shift() ?? (await this.#read());
  }

  /** The next chunk, put to those that were read ahead; `undefined` at the end. */
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
      () => undefined,
    );
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#parts.ended();
  }
}

/** A stream that was garbage collected will not be read: its connection is released as well. */
const gone = whenGone<HeldBody>((body) => {
  body.cancel().catch(() => undefined);
});

/** The next bytes; never an empty chunk. `undefined` at the end. */
async function nextBytes(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array | undefined> {
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return undefined;
    if (!(value instanceof Uint8Array)) throw new TypeError('Received non-Uint8Array chunk');
    if (value.byteLength > 0) return value;
  }
}
