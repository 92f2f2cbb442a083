import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LimiterSnapshot, RateLimitOptions } from '@holdfast/rate-limiter';
import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';

interface Ends {
  /** How many calls ended in each way: by their status, or by the error's code. */
  readonly ends: Readonly<Record<string, number>>;
  readonly longestMs: number;
}

/** A separate process with one limiter. */
export interface Member {
  calls(argument: { count: number; atOnce?: number; costs?: number }): Promise<Ends>;
  /** The events of its limiter. */
  events(): Promise<string[]>;
  /** Unhandled rejections and exceptions. */
  complaints(): Promise<string[]>;
  /** How many calls have ended so far. */
  ended(): Promise<number>;
  /** The longest delay of the process for lack of CPU, in milliseconds. */
  lateMs(): Promise<number>;
  snapshot(): Promise<LimiterSnapshot[]>;
  /** Events and errors, complete. */
  told(): Promise<string[]>;
  close(): Promise<void>;
  kill(): Promise<void>;
  /** Disconnects from the process; returns its exit code when it has ended by itself. */
  exit(): Promise<number | null>;
}

interface Setting {
  readonly api: string;
  readonly limits: RateLimitOptions | readonly RateLimitOptions[];
  readonly aheadMs?: number;
  /** Uses a ready client instead of a URL. */
  readonly isReady?: boolean;
  /** How many limiters take turns. */
  readonly limiters?: number;
}

/** Starts a process of the fleet. It ends with its test. */
export async function member(setting: Setting): Promise<Member> {
  const file = fileURLToPath(new URL('./redis-process.ts', import.meta.url));
  const child = fork(file, [JSON.stringify(setting)], {
    execArgv: ['--conditions=@holdfast/source'],
    stdio: 'inherit',
  });
  child.setMaxListeners(0);
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
    events: () => ask('events'),
    complaints: () => ask('complaints'),
    ended: () => ask('ended'),
    lateMs: () => ask('lateMs'),
    snapshot: () => ask('snapshot'),
    told: () => ask('told'),
    close: () => ask('close'),
    async kill() {
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    },
    async exit() {
      const exit = once(child, 'exit');
      child.send({ id: 0, name: 'leave' });
      const [code] = (await exit) as [number | null];
      return code;
    },
  };
}

export async function members(count: number, setting: Setting): Promise<readonly Member[]> {
  return Promise.all(Array.from({ length: count }, () => member(setting)));
}

/**
 * How much shorter the checked window is than the limit's, in milliseconds. Redis and the processes count in whole
 * milliseconds, and a process without CPU starts a permitted call late.
 */
export async function spreadMs(fleet: readonly Member[]): Promise<number> {
  return 10 + Math.max(...(await Promise.all(fleet.map((one) => one.lateMs()))));
}

/** A separate connection for the test. */
export function client(url: string): Redis {
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  redis.on('error', () => undefined);
  onTestFinished(() => redis.disconnect());
  return redis;
}

/** Waits until a condition holds. */
export async function eventually(condition: () => Promise<boolean> | boolean, withinMs = 60_000): Promise<void> {
  for (const until = Date.now() + withinMs; !(await condition()); ) {
    if (Date.now() > until) throw new Error('it never came to hold');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
