import { endWith, put, replaced, split, type Watch, watching, whenCollected } from './watched.ts';

/** Takes note of who reads a stream, or cancels it. */
export function watchStream(stream: object, watch: Watch): void {
  if (put(watch, stream, streamMembers)) whenCollected(stream, watch);
}

function streamMembers(plain: object): PropertyDescriptorMap {
  return {
    ...replaced(plain, ['pipeTo'], endWith),
    ...replaced(
      plain,
      ['cancel'],
      (cancel) =>
        function (...args) {
          // Where it is locked, whoever reads it is watched.
          if (!this.locked) watching(this).cancelled();
          return cancel.apply(this, args);
        },
    ),
    ...replaced(
      plain,
      ['getReader'],
      (getReader) =>
        function (...args) {
          const reader = getReader.apply(this, args);
          const watch = watching(this);
          put(watch, reader, readerMembers);
          const ended = (): void => {
            if (!released.has(reader)) watch.ended();
          };
          reader.closed.then(ended, ended);
          return reader;
        },
    ),
    ...replaced(
      plain,
      ['tee'],
      (tee) =>
        function () {
          const watches = split(watching(this));
          const parts: readonly [object, object] = tee.call(this);
          watches.forEach((watch, index) => void watchStream(parts[index] as object, watch));
          return parts;
        },
    ),
    ...replaced(
      plain,
      ['pipeThrough'],
      () =>
        function ({ readable, writable }, options) {
          this.pipeTo(writable, options).catch(ignore);
          return readable;
        },
    ),
    ...replaced(
      plain,
      ['values', Symbol.asyncIterator],
      () =>
        function (options) {
          return read(this.getReader(), options?.preventCancel === true);
        },
    ),
  };
}

/** Readers that let go of a stream that goes on, or of one that was cancelled. */
const released = new WeakSet<object>();

function readerMembers(plain: object): PropertyDescriptorMap {
  const letGo = (reader: object): void => void released.add(reader);
  return {
    ...replaced(
      plain,
      ['releaseLock'],
      (releaseLock) =>
        function () {
          letGo(this);
          releaseLock.call(this);
        },
    ),
    ...replaced(
      plain,
      ['cancel'],
      (cancel) =>
        function (...args) {
          if (!released.has(this)) watching(this).cancelled();
          letGo(this);
          return cancel.apply(this, args);
        },
    ),
  };
}

/** As the platform iterates a stream, but by a reader that is watched. */
async function* read<T>(reader: ReadableStreamDefaultReader<T>, preventCancel: boolean): AsyncGenerator<T> {
  let isOver = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      isOver = done;
      if (done) return;
      yield value;
    }
  } catch (error) {
    isOver = true;
    throw error;
  } finally {
    if (!isOver && !preventCancel) await reader.cancel();
    reader.releaseLock();
  }
}

/** Whoever reads the other end of a pipe hears of its failure there. */
function ignore(): void {}
