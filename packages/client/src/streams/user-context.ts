import { builtinModule } from '@holdfast/core/internal';

/** Runs a function of the caller in the async context of its call. */
export type InContext = <T>(work: () => T) => T;

interface Storage {
  snapshot?(): InContext;
}

/**
 * The current async context, for functions that are called for thousands of events: entering it by a promise would cost
 * each call a microsecond. `undefined` if the platform may have async contexts, but offers no way to keep one.
 */
export function currentContext(): InContext | undefined {
  const { AsyncLocalStorage, document } = globalThis as { AsyncLocalStorage?: Storage; document?: unknown };
  const storage =
    builtinModule<{ AsyncLocalStorage?: Storage }>('node:async_hooks')?.AsyncLocalStorage ?? AsyncLocalStorage;
  // A page has no async contexts.
  return storage?.snapshot?.() ?? (document === undefined ? undefined : directly);
}

export const directly: InContext = (work) => work();
