import { isInMemory } from '@holdfast/core';

/**
 * When has somebody done with a response? When its body has been read, or broke, or was cancelled; and no stream tells
 * that by itself. To put another stream around it would cost every byte, and lose `url`; so the response, and its stream
 * where somebody asks for it, get a prototype in between that takes note of who reads.
 *
 * A body that nobody reads ends when it is collected as garbage.
 */

/** Who waits for the end. Of a body that was split, each part can be cancelled alone. */
interface Watch {
  ended(): void;
  cancelled(): void;
}

const watchOf = new WeakMap<object, Watch>();
const prototypeOf = new WeakMap<object, object>();
const collected = new FinalizationRegistry<() => void>((ended) => ended());

/** Calls back once, when nobody will read the response's body any more; at once where it has none. */
export function onBodyEnd(response: Response, callback: () => void): void {
  if (response.body === null || isInMemory(response)) {
    callback();
    return;
  }
  let isOver = false;
  const ended = (): void => {
    if (isOver) return;
    isOver = true;
    callback();
  };
  collected.register(response, ended);
  put({ ended, cancelled: ended }, response, responseMembers);
}

function put(watch: Watch, one: object, members: (plain: object) => PropertyDescriptorMap): void {
  if (watchOf.has(one)) return;
  const plain: object = Object.getPrototypeOf(one);
  let prototype = prototypeOf.get(plain);
  if (!prototype) {
    prototype = Object.create(plain, members(plain)) as object;
    prototypeOf.set(plain, prototype);
  }
  watchOf.set(one, watch);
  Object.setPrototypeOf(one, prototype);
}

function watching(one: object): Watch {
  return watchOf.get(one) as Watch;
}

// biome-ignore lint/suspicious/noExplicitAny: the platform's own methods take what they take
type Method = (this: any, ...args: any[]) => any;

function responseMembers(plain: object): PropertyDescriptorMap {
  return {
    ...replaced(plain, ['arrayBuffer', 'blob', 'bytes', 'formData', 'json', 'text'], endWith),
    ...replaced(
      plain,
      ['clone'],
      (clone) =>
        function () {
          const copy = clone.call(this);
          const watch = split(watching(this));
          watchOf.set(this, watch);
          put(watch, copy, responseMembers);
          return copy;
        },
    ),
    body: {
      configurable: true,
      get(this: object) {
        const body: unknown = Reflect.get(plain, 'body', this);
        if (body !== null && typeof body === 'object') put(watching(this), body, streamMembers);
        return body;
      },
    },
  };
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
          const watch = split(watching(this));
          const parts = tee.call(this);
          for (const part of parts) put(watch, part, streamMembers);
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

/** Somebody else's method, with the platform's own one to be called by it. */
function replaced(
  plain: object,
  names: readonly (string | symbol)[],
  by: (original: Method) => Method,
): PropertyDescriptorMap {
  const members: PropertyDescriptorMap = {};
  for (const name of names) {
    const original: unknown = Reflect.get(plain, name);
    if (typeof original !== 'function') continue;
    Object.defineProperty(members, name, {
      value: { value: by(original as Method), configurable: true, writable: true },
      enumerable: true,
    });
  }
  return members;
}

/** It ends when the promise does that the method gives. */
function endWith(original: Method): Method {
  return function (...args) {
    const { ended } = watching(this);
    const result: Promise<unknown> = original.apply(this, args);
    result.then(ended, ended);
    return result;
  };
}

/** For two parts of one body: it has ended when one of them was read, or both were cancelled. */
function split({ ended, cancelled }: Watch): Watch {
  let left = 2;
  return { ended, cancelled: () => --left === 0 && cancelled() };
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
