import { builtinModule } from './builtin-module.ts';

/** A value that follows the code which is run with it, also after an `await`. */
export interface AsyncStorage<T> {
  run<R>(store: T, work: () => R): R;
  getStore(): T | undefined;
}

export interface AsyncHooks {
  readonly AsyncLocalStorage?: {
    new <T>(): AsyncStorage<T>;
    snapshot?(): <T>(work: () => T) => T;
  };
  readonly AsyncResource?: new (
    type: string,
  ) => {
    runInAsyncScope<T>(work: () => T): T;
  };
}

/** Node's module for async contexts; some edge runtimes have its class as a global. Empty if there is neither. */
export function asyncHooks(): AsyncHooks {
  return builtinModule<AsyncHooks>('node:async_hooks') ?? (globalThis as AsyncHooks);
}
