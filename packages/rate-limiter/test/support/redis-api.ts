import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { onTestFinished } from 'vitest';

/** A real HTTP server, which takes note of when it was asked. */
export interface Api {
  readonly url: string;
  /** When each request came, by the server's clock, in milliseconds. */
  readonly arrivals: readonly number[];
  /** So many were there at once, at most. */
  readonly mostAtOnce: number;
  /** So many are there now. */
  readonly atOnce: number;
  /** So much too late it has looked at what came, at worst, in milliseconds: what came meanwhile came in a bunch. */
  readonly lateMs: number;
  /** From now on it takes so long for an answer. */
  answerAfterMs: number;
  /** The next answer is a 429 that asks for such a pause, in seconds. */
  pauseNext(seconds: number): void;
}

export async function startApi(): Promise<Api> {
  const arrivals: number[] = [];
  let atOnce = 0;
  let mostAtOnce = 0;
  let pauseSeconds = 0;
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const api: Api = {
    url: '',
    arrivals,
    get lateMs() {
      return delay.max / 1e6;
    },
    answerAfterMs: 0,
    get mostAtOnce() {
      return mostAtOnce;
    },
    get atOnce() {
      return atOnce;
    },
    pauseNext(seconds) {
      pauseSeconds = seconds;
    },
  };
  const server = createServer((request, response) => {
    if (request.method === 'HEAD') return response.end();
    arrivals.push(performance.now());
    atOnce++;
    mostAtOnce = Math.max(mostAtOnce, atOnce);
    let isThere = true;
    const leave = (): void => {
      if (isThere) atOnce--;
      isThere = false;
    };
    request.socket.once('close', leave);
    response.once('close', () => request.socket.off('close', leave));
    const answer = (): void => {
      // Whoever hears the answer may send the next one at once.
      leave();
      if (pauseSeconds > 0) response.writeHead(429, { 'retry-after': String(pauseSeconds) });
      pauseSeconds = 0;
      response.end('{}');
    };
    if (api.answerAfterMs > 0) setTimeout(answer, api.answerAfterMs);
    else answer();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    delay.disable();
    server.closeAllConnections();
    server.close();
  });
  (api as { url: string }).url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return api;
}

/** The most that came in any window of so many milliseconds, wherever it begins. A server that was late may leave no window. */
export function mostWithin(arrivals: readonly number[], windowMs: number): number {
  let most = 0;
  let first = 0;
  arrivals.forEach((at, index) => {
    while (first < index && at - (arrivals[first] ?? at) >= windowMs) first++;
    most = Math.max(most, index - first + 1);
  });
  return most;
}
