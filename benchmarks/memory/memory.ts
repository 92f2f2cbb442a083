import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { machineFacts } from '../lib/machine-facts.ts';
import { table, writeText } from '../lib/write.ts';
import { type CaseParts, cases } from './cases.ts';

/** The most memory that a case needed beyond what the process used before, in bytes. */
interface Need {
  readonly name: string;
  readonly result: string;
  /** Memory in use after a collection. */
  readonly kept: number;
  /** Memory taken from the machine, garbage included. */
  readonly resident: number;
}

const mebibyte = 2 ** 20;
/**
 * The allowed difference to bare fetch, in bytes: the distance that a reader of a shared body may lag behind (16 MiB),
 * the longest body that is cached (5 MiB), and a margin.
 */
const mostMore = 24 * mebibyte;
const bare = { download: 'a download by bare fetch', upload: 'a file of 200 MiB as a Blob, by bare fetch' };

/**
 * Bytes to download: `many` with one reader, whose memory must not grow with the length, and `few` where two callers
 * share the body.
 */
const many = 1024 * mebibyte;
const few = 128 * mebibyte;

/** Where two callers share a body, the slower one is disconnected after 16 MiB, so more bytes would show nothing. */
function isLarge(name: string): boolean {
  return !name.startsWith('two callers');
}

export async function measureBodies(isQuick: boolean): Promise<readonly Need[]> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-memory-'));
  const file = join(folder, 'sparse');
  writeFileSync(file, '');
  truncateSync(file, 200 * mebibyte);
  const server = fork(join(import.meta.dirname, 'server.ts'));
  const { port } = await new Promise<{ port: number }>((resolve) => server.once('message', resolve as () => void));
  const needs: Need[] = [];
  try {
    for (const name of Object.keys(cases)) {
      const parts = { origin: `http://127.0.0.1:${port}/`, bytes: isQuick || !isLarge(name) ? few : many, file };
      const kept = await measure(name, parts, ['--expose-gc']);
      const resident = await measure(name, parts, []);
      needs.push({ name, result: kept.result, kept: kept.bytes, resident: resident.bytes });
    }
  } finally {
    server.kill();
    rmSync(folder, { recursive: true });
  }
  return needs;
}

function measure(name: string, parts: CaseParts, flags: readonly string[]): Promise<{ result: string; bytes: number }> {
  const child = fork(join(import.meta.dirname, 'worker.ts'), [name, JSON.stringify(parts)], { execArgv: [...flags] });
  return new Promise((resolve, reject) => {
    child.once('message', resolve as () => void);
    child.once('exit', (code) => reject(new Error(`bench: ${name} ended with ${code}`)));
  });
}

/** @returns the cases that keep more than a body in transit needs. */
export function tooMuch(needs: readonly Need[]): readonly string[] {
  const keptBy = (name: string): number => needs.find((need) => need.name === name)?.kept ?? 0;
  return needs
    .filter(({ name, kept }) => kept > keptBy(/file/.test(name) ? bare.upload : bare.download) + mostMore)
    .map(({ name, kept }) => `${name} keeps ${mebibytes(kept)}`);
}

export function describeBodies(needs: readonly Need[], isQuick: boolean): string {
  const rows = needs.map(({ name, result, kept, resident }) => [name, result, mebibytes(kept), mebibytes(resident)]);
  const head = ['', 'what came of it', 'kept', 'resident'];
  return `# Memory of bodies

Measured ${machineFacts()}. Rewritten by \`npm run bench -- memory --write\`; it fails where more than ${mebibytes(mostMore)} are kept beyond what bare fetch keeps.

Downloads are ${isQuick ? '128 MiB' : '1 GiB, shared ones 128 MiB'}, events and lines a quarter of that; "every ring" has limits, circuit,
cache, coalescing, credentials, \`idleTimeout\`, \`readBody: 'firstChunk'\` and \`resumeBody\`. *Kept* is what was in use at
most after a collection, *resident* what the process took from the machine, garbage included; both beyond what it had
before. Uploads are refused once with 503, and sent again; Node's own fetch holds a file's Blob in memory while it sends it.

${table(head, rows)}
`;
}

export function writeBodies(needs: readonly Need[], isQuick: boolean): void {
  writeText('benchmarks/results/memory.md', describeBodies(needs, isQuick));
}

function mebibytes(bytes: number): string {
  return `${(bytes / mebibyte).toFixed(0)} MiB`;
}
