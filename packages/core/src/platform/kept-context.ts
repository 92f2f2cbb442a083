import { builtinModule } from './builtin-module.ts';

/** Runs work in the async context in which this was made. */
export type InContext = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Keeps the current async context (that of an `AsyncLocalStorage`) for work that other code starts: code that reads a
 * body or asks a stream for its next event may run in another context than the call.
 *
 * Node, and what presents itself as Node, has `AsyncResource` for this.
 */
export function keptContext(): InContext {
  hooks ??= builtinModule<Hooks>('node:async_hooks') ?? {};
  const { AsyncResource } = hooks;
  if (AsyncResource === undefined) return keptByPromises();
  const resource = new AsyncResource('holdfast.call');
  return (work) => resource.runInAsyncScope(async () => work());
}

interface Hooks {
  readonly AsyncResource?: new (type: string) => { runInAsyncScope<T>(work: () => T): T };
}

let hooks: Hooks | undefined;

/** On other platforms it rests on promises alone: a callback of a promise runs in the context in which it was added. */
export function keptByPromises(): InContext {
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
  return (work) =>
    new Promise((resolve, reject) => {
      waiting.push(() => void (async () => work())().then(resolve, reject));
      wake();
    });
}
