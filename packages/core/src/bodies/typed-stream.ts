import { nameAwaiting } from '../kernel/call-trace.ts';
import { ignore } from '../kernel/ignore.ts';

type Fail = (error: unknown) => never;
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
  const { getReader, pipeThrough, tee, values } = stream;
  const loop = values && ((...given: []) => rejecting(values.apply(stream, given), ['next', 'return'], fail));
  return define(rejecting(stream, ['cancel', 'pipeTo'], fail), {
    getReader: (...given: []) => typedReader(getReader.apply(stream, given), fail),
    pipeThrough: (...given: Parameters<typeof pipeThrough>) => typedStream(pipeThrough.apply(stream, given), typedOf),
    tee: () => tee.call(stream).map((part: ReadableStream<T>) => typedStream(part, typedOf)),
    // Not every platform can loop over a stream. To leave a loop is to cancel its stream.
    ...(loop && { values: loop, [Symbol.asyncIterator]: loop }),
  });
}

function typedReader<T extends ReadableStreamGenericReader>(reader: T, fail: Fail): T {
  let seen: Promise<unknown> | undefined;
  let closed: Promise<unknown> | undefined;
  return Object.defineProperty(rejecting(reader, ['read', 'cancel'], fail), 'closed', {
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

/** Makes these methods, as far as there are any, reject with the typed error. */
function rejecting<T extends object>(one: T, names: readonly string[], fail: Fail): T {
  for (const name of names) {
    const method: unknown = Reflect.get(one, name);
    if (typeof method !== 'function') continue;
    define(one, { [name]: (...given: unknown[]) => (method.apply(one, given) as Promise<unknown>).catch(fail) });
  }
  return one;
}

function define<T extends object>(one: T, members: object): T {
  for (const key of Reflect.ownKeys(members)) {
    const value: unknown = Reflect.get(members, key);
    Object.defineProperty(one, key, { value, configurable: true, writable: true });
  }
  return one;
}
