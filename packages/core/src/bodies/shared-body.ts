/**
 * One body for several readers, each at its own pace. `tee()` would do it with copies in a chain and with no bound:
 * what the fastest has read is kept for the slowest, which may never read at all. Here the chunks are kept once for
 * all, as a list that each reader walks along and that is released behind the last of them; a reader that falls too far
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

/** A chunk, and the way to what comes after it, which is read when the first reader asks for it. */
interface Link {
  /** Bytes from the body's beginning to the end of this chunk. */
  readonly end: number;
  readonly chunk: Uint8Array;
  next?: Promise<Link | undefined>;
}

interface Reader {
  at: Link;
  readonly fail: SharedBody['fail'];
}

/**
 * Makes `count` streams of one, which is cancelled when the last of them is.
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

  const release = (index: number): boolean => {
    if (readers[index] === undefined) return false;
    readers[index] = undefined;
    open--;
    return true;
  };
  const cancel = (index: number, reason: unknown): void => {
    if (release(index) && open === 0) input.cancel(reason).catch(ignore);
  };
  const after = (link: Link): Promise<Link | undefined> => {
    link.next ??= input.read().then(({ done, value }) => {
      if (done) return undefined;
      const end = link.end + value.byteLength;
      for (const [index, reader] of readers.entries()) {
        if (reader && end - reader.at.end > longestLag) reader.fail(tooSlow(index));
      }
      return { end, chunk: value };
    });
    return link.next;
  };
  const readAhead = async (from: Link): Promise<void> => {
    for (let link: Link | undefined = from; link && link.end < readAheadBytes && open > 0; ) link = await after(link);
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
          if (!reader) return;
          let link = await after(reader.at);
          while (link?.chunk.byteLength === 0) link = await after(link);
          // It may have left, or been left behind, while it waited.
          if (readers[index] === undefined) return;
          if (link === undefined) {
            release(index);
            controller.close();
            controller.byobRequest?.respond(0);
          } else {
            reader.at = link;
            // A copy: a reader may write into what it gets, or hand it on to another thread.
            controller.enqueue(new Uint8Array(link.chunk));
          }
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
  // In no closure's scope: it would keep all that follows from it.
  const first: Link = { end: 0, chunk: new Uint8Array() };
  for (const { fail } of bodies) readers.push({ at: first, fail });
  readAhead(first).catch(ignore);
  return bodies;
}

/** The readers get the error of a body that breaks; here the body is thrown away, so nothing is lost. */
function ignore(): void {}
