import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { ManualClock } from '@holdfast/core/testing';
import { createResilientClient, isResilienceError } from 'holdfast';
import { expect, onTestFinished, test } from 'vitest';

/** A real server that can die with all its connections, and come back on the same port. */
async function mortalServer(): Promise<{
  readonly origin: string;
  die(): Promise<void>;
  /** Replaces the dead server by one that resets each connection. Returns a function that counts these connections. */
  slam(): Promise<() => number>;
  live(): Promise<void>;
}> {
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
        response.end('{"ok":true}');
      }),
    );
  await live();
  onTestFinished(die);
  return {
    origin: `http://127.0.0.1:${port}`,
    die,
    live,
    async slam() {
      let connections = 0;
      await die();
      const resetting = createServer();
      resetting.on('connection', (socket: Socket) => {
        connections++;
        socket.resetAndDestroy();
      });
      await listen(resetting);
      return () => connections;
    },
  };
}

test('on a server that dies and comes back, calls fail without a connection, one probe at a time reaches it, and the first that is answered closes the circuit', async () => {
  const server = await mortalServer();
  const clock = new ManualClock();
  const api = createResilientClient({
    ...{ baseUrl: server.origin, clock, random: () => 1, retry: 0, timeout: false, totalTimeout: false },
    circuitBreaker: { failureRatio: 0.9, minimumCalls: 10, windowMs: 60_000, openMs: 1000, maxOpenMs: 4000 },
  });
  onTestFinished(() => api.close());
  const call = (): Promise<string> =>
    api.get('x').then(
      () => 'ok',
      (error: unknown) => (isResilienceError(error) ? error.code : String(error)),
    );
  const calls = async (count: number): Promise<string[]> => {
    const ends: string[] = [];
    while (ends.length < count) ends.push(await call());
    return ends;
  };
  expect(await call()).toBe('ok');

  // No server listens: each call tries to connect, until the circuit opens.
  await server.die();
  const ends: string[] = [];
  for (let end = ''; end !== 'CIRCUIT_OPEN' && ends.length < 50; await clock.advance(500)) {
    end = await call();
    ends.push(end);
  }
  expect(ends.at(-1)).toBe('CIRCUIT_OPEN');
  expect(new Set(ends.slice(0, -1))).toEqual(new Set(['NETWORK']));
  expect(ends.length - 1).toBeGreaterThanOrEqual(9);

  // A server listens, and closes each connection at once. It sees the probes, and no other call.
  const connections = await server.slam();
  for (const openMs of [2000, 4000, 4000]) {
    const before = connections();
    expect(await call()).toBe('NETWORK');
    expect(await calls(20)).toEqual(Array(20).fill('CIRCUIT_OPEN'));
    await clock.advance(openMs - 1);
    expect(await call()).toBe('CIRCUIT_OPEN');
    expect(connections()).toBe(before + 1);
    await clock.advance(1);
  }

  await server.die();
  await server.live();
  expect(await calls(20)).toEqual(Array(20).fill('ok'));
  expect(api.snapshot().circuits).toMatchObject([{ state: 'closed' }]);
});
