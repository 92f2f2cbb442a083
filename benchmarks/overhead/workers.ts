import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { Order } from './worker.ts';

/** A worker, as its parent process uses it. */
export interface Worker {
  ask<T>(order: Order): Promise<T>;
  end(): void;
}

/** @param flags Flags for Node. */
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

/** Starts the loopback server; returns its URL, and a function that stops it. */
export async function startServer(): Promise<{ readonly url: string; end(): void }> {
  const child = forked('server.ts', []);
  const { port } = await new Promise<{ port: number }>((resolve) => child.once('message', resolve as () => void));
  return { url: `http://127.0.0.1:${port}/orders/42`, end: () => void child.kill() };
}

/** Workers use the built packages, as users do, not the sources. */
function forked(file: string, flags: readonly string[]): ChildProcess {
  return fork(join(import.meta.dirname, file), { execArgv: [...flags], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
}
