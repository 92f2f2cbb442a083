import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A real HTTP server that records its requests, and when each call started. */
export interface Api {
  readonly url: string;
  /** When each request left its process, in milliseconds of `performance.now()`, in the order of arrival. */
  readonly arrivals: readonly number[];
  /** The most requests that were under way at once. */
  readonly mostAtOnce: number;
  /** How many requests are under way. */
  readonly atOnce: number;
  /** From now on, each answer takes this long. */
  answerAfterMs: number;
  /** Makes the next answer a 429 that asks for a pause of this many seconds. */
  pauseNext(seconds: number): void;
  /** When the server last asked for a pause. */
  readonly pausedAt: number;
}

export async function startApi(): Promise<Api> {
  const arrivals: number[] = [];
  let atOnce = 0;
  let mostAtOnce = 0;
  let pauseSeconds = 0;
  let pausedAt = 0;
  const api: Api = {
    url: '',
    arrivals,
    answerAfterMs: 0,
    get mostAtOnce() {
      return mostAtOnce;
    },
    get pausedAt() {
      return pausedAt;
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
    arrivals.push(Number(request.headers['x-started']) - performance.timeOrigin);
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
      // A caller that gets the answer may send its next request at once.
      leave();
      if (pauseSeconds > 0) {
        response.writeHead(429, { 'retry-after': String(pauseSeconds) });
        pausedAt = performance.now();
      }
      pauseSeconds = 0;
      response.end('{}');
    };
    if (api.answerAfterMs > 0) setTimeout(answer, api.answerAfterMs);
    else answer();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  (api as { url: string }).url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return api;
}

/** The most calls that started within any window of this many milliseconds. */
export function mostWithin(starts: readonly number[], windowMs: number): number {
  const sorted = starts.toSorted((a, b) => a - b);
  let most = 0;
  let first = 0;
  sorted.forEach((at, index) => {
    while (first < index && at - (sorted[first] ?? at) >= windowMs) first++;
    most = Math.max(most, index - first + 1);
  });
  return most;
}
