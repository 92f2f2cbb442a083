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

/** A reader, by its stream's controller and its position. */
interface Reader {
  /** The number of the next chunk for this reader, and the bytes that it has received. */
  at: number;
  got: number;
  readonly fail: SharedBody['fail'];
}

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
  const input = source.getReader();
  const readers: (Reader | undefined)[] = [];
  let open = count;
  // An array, not a linked list: the stack of an error keeps the chunk at which a reader waited, and by its link all
  // later chunks.
  const chunks: Uint8Array[] = [];
  /** The number of the first chunk that is kept. */
  let first = 0;
  let bytes = 0;
  let isEnded = false;
  let reading: Promise<void> | undefined;

  /** Forgets the chunks that all readers have received. */
  const forget = (): void => {
    let least = first + chunks.length;
    for (const reader of readers) if (reader) least = Math.min(least, reader.at);
    for (; first < least; first++) chunks.shift();
  };
  const release = (index: number): boolean => {
    if (readers[index] === undefined) return false;
    readers[index] = undefined;
    open--;
    forget();
    return true;
  };
  const cancel = (index: number, reason: unknown): void => {
    if (release(index) && open === 0) input.cancel(reason).catch(ignore);
  };
  const leaveBehind = (): void => {
    for (const [index, reader] of readers.entries()) {
      if (reader && bytes - reader.got > longestLag) reader.fail(tooSlow(index));
    }
  };
  const readOn = async (): Promise<void> => {
    try {
      const { done, value } = await input.read();
      isEnded = done;
      if (!value || value.byteLength === 0) return;
      chunks.push(value);
      bytes += value.byteLength;
      leaveBehind();
    } finally {
      reading = undefined;
    }
  };
  /** Readers that wait at the same time share one read of the source. */
  const more = (): Promise<void> => {
    reading ??= readOn();
    return reading;
  };
  const readAhead = async (): Promise<void> => {
    while (bytes < readAheadBytes && open > 0 && !isEnded) await more();
  };
  const bodyOf = (index: number): SharedBody => {
    let controller!: ReadableByteStreamController;
    const stream: ReadableStream<Uint8Array<ArrayBuffer>> = new ReadableStream(
      {
        type: 'bytes',
        start(own) {
          controller = own;
        },
        async pull() {
          const reader = readers[index];
          while (reader && reader.at === first + chunks.length && !isEnded && readers[index]) await more();
          // The reader may have left, or been left behind, while it waited.
          if (reader === undefined || readers[index] === undefined) return;
          const chunk = chunks[reader.at - first];
          if (chunk === undefined) {
            release(index);
            controller.close();
            controller.byobRequest?.respond(0);
            return;
          }
          reader.at++;
          reader.got += chunk.byteLength;
          forget();
          // A copy: a reader may write into its chunk, or transfer it to another thread.
          controller.enqueue(new Uint8Array(chunk));
        },
        cancel: (reason) => cancel(index, reason),
      },
      { highWaterMark: 0 },
    );
    const fail = (reason: unknown): void => {
      if (readers[index] === undefined) return;
      cancel(index, reason);
      controller.error(reason);
    };
    return { stream, fail };
  };

  const bodies = Array.from({ length: count }, (_, index) => bodyOf(index));
  for (const { fail } of bodies) readers.push({ at: 0, got: 0, fail });
  readAhead().catch(ignore);
  return bodies;
}

/** The readers have the error of a body that breaks; here the body is only discarded. */
function ignore(): void {}
