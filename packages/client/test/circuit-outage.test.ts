import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { createResilientClient, isResilienceError } from 'holdfast';
import { expect, onTestFinished, test } from 'vitest';

/** A real server that can die with all its connections, and come back at the same port. */
async function mortalServer(): Promise<{
  readonly origin: string;
  readonly requests: number[];
  die(): Promise<void>;
  /** In the place of the dead one: counts who knocks, and slams the door. */
  slam(): Promise<number[]>;
  live(): Promise<void>;
}> {
  const requests: number[] = [];
  const sockets = new Set<Socket>();
  let port = 0;
  let running: Server | undefined;
  const listen = async (server: Server): Promise<void> => {
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    running = server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  };
  const die = async (): Promise<void> => {
    const dying = running;
    running = undefined;
    if (!dying) return;
    dying.close();
    for (const socket of sockets) socket.destroy();
    await once(dying, 'close');
  };
  const live = (): Promise<void> =>
    listen(
      createServer((_request, response) => {
        requests.push(performance.now());
        response.end('{"ok":true}');
      }),
    );
  await live();
  onTestFinished(die);
  return {
    origin: `http://127.0.0.1:${port}`,
    requests,
    die,
    live,
    async slam() {
      const knocks: number[] = [];
      await die();
      const door = createServer();
      door.on('connection', (socket: Socket) => {
        knocks.push(performance.now());
        socket.resetAndDestroy();
      });
      await listen(door);
      return knocks;
    },
  };
}

test('on a server that dies and comes back, calls fail fast, few probes reach it, and it is soon found again', async () => {
  const server = await mortalServer();
  const api = createResilientClient({
    baseUrl: server.origin,
    retry: 0,
    circuitBreaker: { failureRatio: 0.9, minimumCalls: 10, windowMs: 2000, openMs: 100, maxOpenMs: 400 },
  });
  onTestFinished(() => api.close());
  const call = async (): Promise<{ end: string; ms: number; at: number }> => {
    const startedAt = performance.now();
    const end = await api.get('x').then(
      () => 'ok',
      (error: unknown) => (isResilienceError(error) ? error.code : String(error)),
    );
    return { end, ms: performance.now() - startedAt, at: performance.now() };
  };
  expect((await call()).end).toBe('ok');

  // Down: nobody listens, then somebody who slams the door on each connection.
  await server.die();
  const down: Awaited<ReturnType<typeof call>>[] = [];
  const callsFor = async (ms: number): Promise<void> => {
    for (const until = performance.now() + ms; performance.now() < until; await wait(5)) down.push(await call());
  };
  await callsFor(500);
  const downAt = performance.now();
  const knocks = await server.slam();
  await callsFor(1000);
  const downMs = performance.now() - downAt;

  // Back: the first success.
  await server.die();
  await server.live();
  const backAt = performance.now();
  let first = await call();
  for (; first.end !== 'ok'; first = await call()) await wait(5);
  const recoveredMs = first.at - backAt;
  for (let sent = 0; sent < 20; sent++) expect((await call()).end).toBe('ok');

  const fast = down.filter(({ end }) => end === 'CIRCUIT_OPEN');
  const slowest = Math.max(...fast.map(({ ms }) => ms));
  const median = fast.map(({ ms }) => ms).sort((one, other) => one - other)[fast.length >> 1] ?? 0;
  console.log(
    [
      `calls while it was down: ${down.length}, of which failed fast: ${fast.length}`,
      `a call that fails fast: ${median.toFixed(2)} ms (median), ${slowest.toFixed(2)} ms (slowest)`,
      `probes that the server saw in ${Math.round(downMs)} ms: ${knocks.length}`,
      `from its return to the first success: ${Math.round(recoveredMs)} ms`,
    ].join('\n'),
  );
  expect(down.some(({ end }) => end === 'NETWORK')).toBe(true);
  expect(down.every(({ end }) => end === 'NETWORK' || end === 'CIRCUIT_OPEN')).toBe(true);
  // Nine failures after one success are the nine tenths that open it; what else went out were probes.
  expect(down.length - fast.length).toBeGreaterThanOrEqual(9);
  expect(down.length - fast.length).toBeLessThanOrEqual(9 + 12);
  expect(median).toBeLessThan(5);
  // Open for 320 to 400 ms at a time by then: at least two looked, at most four could.
  expect(knocks.length).toBeGreaterThanOrEqual(1);
  expect(knocks.length).toBeLessThanOrEqual(5);
  // The longest open time, and what a busy machine adds.
  expect(recoveredMs).toBeLessThan(400 + 600);
});
