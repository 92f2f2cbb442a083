import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { CircuitSnapshot } from '@holdfast/circuit-breaker';
import { onTestFinished } from 'vitest';

/** A separate process with one breaker. */
export interface Member {
  calls(argument: { count: number; status: number }): Promise<string[]>;
  open(key: string): Promise<void>;
  snapshot(): Promise<CircuitSnapshot[]>;
  events(): Promise<string[]>;
  /** Unhandled rejections and exceptions. */
  complaints(): Promise<string[]>;
  /** Advances the time of the process. */
  advance(ms: number): Promise<void>;
  /** Closes the breaker; returns the timers and sockets that still keep the process alive. */
  close(): Promise<string[]>;
  /** Disconnects from the process; returns its exit code when it has ended by itself. */
  ended(): Promise<number | null>;
}

/** Starts a process of the fleet. It ends with its test. */
export async function member(url: string, openMs = 60_000): Promise<Member> {
  const file = fileURLToPath(new URL('./fleet-process.ts', import.meta.url));
  const child = fork(file, [url, String(openMs)], { execArgv: ['--conditions=@holdfast/source'], stdio: 'inherit' });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'message');
  let lastId = 0;
  const ask = (name: string, argument?: unknown): Promise<never> =>
    new Promise((resolve) => {
      const id = ++lastId;
      const hear = (message: { id: number; answer: never }): void => {
        if (message.id !== id) return;
        child.off('message', hear);
        resolve(message.answer);
      };
      child.on('message', hear);
      child.send({ id, name, argument });
    });
  return {
    calls: (argument) => ask('calls', argument),
    open: (key) => ask('open', key),
    snapshot: () => ask('snapshot'),
    events: () => ask('events'),
    complaints: () => ask('complaints'),
    advance: (ms) => ask('advance', ms),
    close: () => ask('close'),
    async ended() {
      const exit = once(child, 'exit');
      child.send({ id: 0, name: 'leave' });
      const [code] = (await exit) as [number | null];
      return code;
    },
  };
}

/** Waits until a condition holds. */
export async function eventually(condition: () => Promise<boolean>, withinMs = 60_000): Promise<void> {
  for (const until = Date.now() + withinMs; !(await condition()); ) {
    if (Date.now() > until) throw new Error('it never came to hold');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
