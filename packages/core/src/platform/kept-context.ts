import { type AsyncHooks, asyncHooks } from './async-storage.ts';

/**
 * The async context (that of an `AsyncLocalStorage`) in which this was made, for work that other code starts: code that
 * reads a body or asks a stream for its next event may run in another context than the call.
 */
export interface KeptContext {
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Runs work synchronously. Absent if only the callbacks of a promise keep a context. */
  atOnce?<T>(work: () => T): T;
}

/** Keeps the current async context. */
export function keptContext(): KeptContext {
  hooks ??= asyncHooks();
  if (hooks.AsyncResource) return new ContextOf(new hooks.AsyncResource('holdfast.call'));
  const snapshot = hooks.AsyncLocalStorage?.snapshot?.() ?? (hasNoContexts() ? directly : undefined);
  return snapshot === undefined ? keptByPromises() : new ContextOf({ runInAsyncScope: snapshot });
}

let hooks: AsyncHooks | undefined;

/** A page has no async contexts. */
function hasNoContexts(): boolean {
  return (globalThis as { readonly document?: unknown }).document !== undefined;
}

function directly<T>(work: () => T): T {
  return work();
}

class ContextOf implements KeptContext {
  readonly #resource: { runInAsyncScope<T>(work: () => T): T };

  constructor(resource: { runInAsyncScope<T>(work: () => T): T }) {
    this.#resource = resource;
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    try {
      return this.#resource.runInAsyncScope(work);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  atOnce<T>(work: () => T): T {
    return this.#resource.runInAsyncScope(work);
  }
}

/** A callback of a promise runs in the context in which it was added. */
export function keptByPromises(): KeptContext {
  let waiting: (() => void)[] = [];
  let wake: () => void;
  const waitForWork = (): void => {
    const asked = new Promise<void>((resolve) => {
      wake = resolve;
    });
    void asked.then(() => {
      const works = waiting;
      waiting = [];
      waitForWork();
      for (const work of works) work();
    });
  };
  waitForWork();
  return {
    run: (work) =>
      new Promise((resolve, reject) => {
        waiting.push(() => void (async () => work())().then(resolve, reject));
        wake();
      }),
  };
}
