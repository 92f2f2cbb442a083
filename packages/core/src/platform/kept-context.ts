/** Runs work in the async context in which this was made. */
export type InContext = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Keeps the current async context (that of an `AsyncLocalStorage`) for work that other code starts: code that reads a
 * body or asks a stream for its next event may run in another context than the call.
 *
 * It rests on promises alone, since not every platform has `AsyncLocalStorage.snapshot()`: a callback of a promise runs in
 * the context in which it was added.
 */
export function keptContext(): InContext {
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
