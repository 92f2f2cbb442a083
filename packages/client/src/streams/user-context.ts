import { builtinModule } from '@holdfast/core/internal';

/** Runs a function of the caller's in the async context of its call. */
export type InContext = <T>(work: () => T) => T;

interface Storage {
  snapshot?(): InContext;
}

/**
 * The context that is current now, for functions that are asked about thousands of events: to enter it by a promise would
 * cost each of them a microsecond. `undefined` where a platform may have contexts, and does not show them.
 */
export function currentContext(): InContext | undefined {
  const { AsyncLocalStorage, document } = globalThis as { AsyncLocalStorage?: Storage; document?: unknown };
  const storage =
    builtinModule<{ AsyncLocalStorage?: Storage }>('node:async_hooks')?.AsyncLocalStorage ?? AsyncLocalStorage;
  // A page has none.
  return storage?.snapshot?.() ?? (document === undefined ? undefined : directly);
}

export const directly: InContext = (work) => work();
