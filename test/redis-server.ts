import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export interface RedisServer {
  readonly url: string;
  /** Ends the server as an outage does: at once, without informing its clients. */
  kill(): Promise<void>;
  /** Starts the server again at the same address, without its data. */
  start(): Promise<void>;
  /** Makes the server hang: its connections stay open, and it does not answer. */
  stop(): void;
  /** Ends the hanging. */
  resume(): void;
}

/** A real Redis on a free port of this machine, in a separate folder. It ends with its test. */
export async function startRedis(): Promise<RedisServer> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-redis-'));
  let running: ChildProcess | undefined;
  const server: RedisServer = {
    url: `redis://127.0.0.1:${port}`,
    async start() {
      const where = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder];
      running = spawn('redis-server', [...where, '--save', '', '--appendonly', 'no'], { stdio: 'ignore' });
      while (!(await answers(port))) await new Promise((resolve) => setTimeout(resolve, 10));
    },
    stop: () => void running?.kill('SIGSTOP'),
    resume: () => void running?.kill('SIGCONT'),
    async kill() {
      const dying = running;
      running = undefined;
      if (!dying) return;
      const gone = once(dying, 'exit');
      dying.kill('SIGKILL');
      await gone;
    },
  };
  onTestFinished(async () => {
    await server.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  await server.start();
  return server;
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
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const end = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.on('data', () => end(true));
    socket.on('error', () => end(false));
  });
}
