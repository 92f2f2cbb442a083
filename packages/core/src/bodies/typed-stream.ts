import { nameAwaiting } from '../kernel/call-trace.ts';
import { ignore } from '../kernel/ignore.ts';

type Reading = (error: unknown) => unknown;

const typed = new WeakSet<object>();

/**
 * Makes reading a stream by its methods, or cancelling it, reject with the error that `typedOf` returns for the platform's
 * error: readers, loops, pipes, and the parts of a teed stream. A stream that has failed keeps one error, so that the same
 * error comes from each of them. The stream stays the platform's own.
 */
export function typedStream<T>(stream: ReadableStream<T>, typedOf: Reading): ReadableStream<T> {
  if (typed.has(stream) || !Object.isExtensible(stream)) return stream;
  typed.add(stream);
  let stored: { readonly error: unknown; readonly typed: unknown } | undefined;
  const fail = (error: unknown): never => {
    if (stored === undefined || stored.error !== error) {
      stored = { error, typed: typedOf(error) };
      if (stored.typed !== error) nameAwaiting(stored.typed, fail);
    }
    throw stored.typed;
  };
  const { cancel, getReader, pipeTo, pipeThrough, tee, values } = stream;
  const loop = values && ((...given: []) => typedLoop(values.apply(stream, given), fail));
  const members = {
    cancel: (...given: Parameters<typeof cancel>) => cancel.apply(stream, given).catch(fail),
    getReader: (...given: []) => typedReader(getReader.apply(stream, given), fail),
    pipeTo: (...given: Parameters<typeof pipeTo>) => pipeTo.apply(stream, given).catch(fail),
    pipeThrough: (...given: Parameters<typeof pipeThrough>) => typedStream(pipeThrough.apply(stream, given), typedOf),
    tee: () => tee.call(stream).map((part: ReadableStream<T>) => typedStream(part, typedOf)),
    // Not every platform can loop over a stream.
    ...(loop && { values: loop, [Symbol.asyncIterator]: loop }),
  };
  return define(stream, members);
}

function typedReader<T extends ReadableStreamGenericReader & { read(...given: never[]): Promise<unknown> }>(
  reader: T,
  fail: (error: unknown) => never,
): T {
  const { read, cancel } = reader;
  define(reader, {
    read: (...given: never[]) => read.apply(reader, given).catch(fail),
    cancel: (...given: Parameters<typeof cancel>) => cancel.apply(reader, given).catch(fail),
  });
  let seen: Promise<unknown> | undefined;
  let closed: Promise<unknown> | undefined;
  return Object.defineProperty(reader, 'closed', {
    get: () => {
      const now: Promise<unknown> = Reflect.get(Object.getPrototypeOf(reader), 'closed', reader);
      // `releaseLock()` gives the reader a new `closed` promise.
      if (now !== seen) {
        seen = now;
        closed = now.catch(fail);
        // Like the platform's own promise, it is never an unhandled rejection.
        closed.catch(ignore);
      }
      return closed;
    },
    configurable: true,
  });
}

function typedLoop<T extends AsyncIterator<unknown>>(iterator: T, fail: (error: unknown) => never): T {
  const { next, return: leave } = iterator;
  return define(iterator, {
    next: () => next.call(iterator).catch(fail),
    // To leave a loop is to cancel its stream.
    ...(leave && { return: (...given: Parameters<typeof leave>) => leave.apply(iterator, given).catch(fail) }),
  });
}

function define<T extends object>(one: T, members: object): T {
  for (const key of Reflect.ownKeys(members)) {
    const value: unknown = Reflect.get(members, key);
    Object.defineProperty(one, key, { value, configurable: true, writable: true });
  }
  return one;
}
