import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';

export interface RedisServer {
  readonly url: string;
  close(): Promise<void>;
}

/** A real Redis on a free port of this machine, for as long as the example runs; undefined if Redis is not installed. */
export async function openRedis(): Promise<RedisServer | undefined> {
  const port = await freePort();
  const where = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const redis = spawn('redis-server', where, { stdio: 'ignore' });
  const isMissing = new Promise<boolean>((resolve) => redis.once('error', () => resolve(true)));
  while (!(await Promise.race([isMissing, answers(port)]))) await new Promise((resolve) => setTimeout(resolve, 10));
  if (redis.pid === undefined) return undefined;
  return {
    url: `redis://127.0.0.1:${port}`,
    async close() {
      const gone = once(redis, 'exit');
      redis.kill();
      await gone;
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
