import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { Order } from './worker.ts';

/** A worker, as the process sees it that gives the orders. */
export interface Worker {
  ask<T>(order: Order): Promise<T>;
  end(): void;
}

/** @param flags Node's own. */
export function startWorker(flags: readonly string[] = []): Worker {
  const child = forked('worker.ts', flags);
  return {
    ask: <T>(order: Order) =>
      new Promise<T>((resolve, reject) => {
        const onExit = (code: number | null): void => reject(new Error(`a worker ended with ${code}`));
        child.once('exit', onExit);
        child.once('message', (answer: { readonly result: T; readonly error?: string }) => {
          child.off('exit', onExit);
          if (answer.error === undefined) resolve(answer.result);
          else reject(new Error(answer.error));
        });
        child.send(order);
      }),
    end: () => void child.kill(),
  };
}

/** The loopback server; gives its URL, and what ends it. */
export async function startServer(): Promise<{ readonly url: string; end(): void }> {
  const child = forked('server.ts', []);
  const { port } = await new Promise<{ port: number }>((resolve) => child.once('message', resolve as () => void));
  return { url: `http://127.0.0.1:${port}/orders/42`, end: () => void child.kill() };
}

/** Runs what is built, as users do, and not the sources. */
function forked(file: string, flags: readonly string[]): ChildProcess {
  return fork(join(import.meta.dirname, file), { execArgv: [...flags], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
}
