import { availableParallelism, cpus, release, totalmem, type } from 'node:os';

/** Facts about the machine that figures depend on. None of them identifies the machine. */
export function machineFacts(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const memory = Math.round(totalmem() / 2 ** 30);
  const kernel = release().split('-')[0];
  return `${new Date().toISOString().slice(0, 10)}, ${model}, ${availableParallelism()} cores, ${memory} GiB, ${type()} ${kernel}, Node ${process.versions.node}`;
}
