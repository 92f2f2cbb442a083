import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { machineFacts } from '../lib/machine-facts.ts';
import { table, writeText } from '../lib/write.ts';

interface Rate {
  readonly requests: number;
  readonly perMs: number;
}

/** The result for one rate. */
interface FleetResult extends Rate {
  readonly processes: number;
  readonly arrived: number;
  /** The share of the permitted calls that arrived, between the first arrival and the last. */
  readonly usedShare: number;
}

const rates: readonly Rate[] = [
  { requests: 100, perMs: 1000 },
  { requests: 500, perMs: 1000 },
  { requests: 20, perMs: 100 },
];
const processes = 4;

/**
 * Measures how much of a shared limit four processes use, if they want more than it permits. The limit is kept in a real
 * Redis.
 */
export async function measureFleet(isQuick: boolean): Promise<readonly FleetResult[]> {
  const results: FleetResult[] = [];
  for (const rate of rates) results.push(await measure(rate, isQuick ? 5000 : 20_000));
  return results;
}

export function describeFleet(results: readonly FleetResult[]): string {
  const rows = results.map(({ requests, perMs, arrived, usedShare }) => [
    `${requests} in ${perMs} ms`,
    String(arrived),
    `${(usedShare * 100).toFixed(1)} %`,
  ]);
  const head = ['limit', 'requests that came', 'of what was permitted'];
  return `# One limit for four processes, over Redis\n\nMeasured ${machineFacts()}. Rewritten by \`npm run bench -- fleet --write\`.\n\n${table(head, rows)}\n`;
}

export function writeFleet(results: readonly FleetResult[]): void {
  writeText('benchmarks/results/fleet.md', describeFleet(results));
}

async function measure(rate: Rate, forMs: number): Promise<FleetResult> {
  const arrivals: number[] = [];
  const server = createServer((_request, response) => {
    arrivals.push(performance.now());
    response.end('{}');
  });
  const api = await listen(server);
  const redis = await startRedis();
  const args = [`http://127.0.0.1:${api}/`, redis.url, String(rate.requests), String(rate.perMs), '200'];
  const fleet = Array.from({ length: processes }, () => fork(join(import.meta.dirname, 'worker.ts'), args));
  while (arrivals.length < rate.requests) await wait(10);
  const from = arrivals.length;
  const fromAt = performance.now();
  await wait(forMs);
  const arrived = arrivals.length - from;
  const permitted = (rate.requests * (performance.now() - fromAt)) / rate.perMs;
  for (const one of fleet) one.send('end');
  await Promise.all(fleet.map((one) => once(one, 'exit')));
  await redis.end();
  server.close();
  return { ...rate, processes, arrived, usedShare: arrived / permitted };
}

async function startRedis(): Promise<{ readonly url: string; end(): Promise<void> }> {
  const probe = createServer();
  const port = await listen(probe);
  probe.close();
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-redis-'));
  const where = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'];
  const running: ChildProcess = spawn('redis-server', where, { stdio: 'ignore' });
  while (!(await answers(port))) await wait(10);
  return {
    url: `redis://127.0.0.1:${port}`,
    async end() {
      running.kill();
      await once(running, 'exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function listen(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}
