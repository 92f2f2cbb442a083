import { isDeepStrictEqual } from 'node:util';
import { run } from '../lib/run.ts';
import { countingServer } from './counting-server.ts';
import type { Fact, Job, Result } from './job.ts';

/** Runs a job in its installed folder, and returns its facts. An error that the job throws is a fact, too. */
export async function tryJob(job: Job, folder: string): Promise<Result> {
  const facts: Fact[] = [];
  const record = (kind: Fact['kind'], claim: string, seen: unknown, expected: unknown): void => {
    facts.push({ claim, kind, isAsExpected: isDeepStrictEqual(seen, expected), seen, expected });
  };
  const server = await countingServer();
  try {
    await job.run({
      folder,
      server,
      async command(command, { env = {}, mayFail = false, cwd = folder } = {}) {
        const { ok, output } = await run(command, { cwd, env, limitMs: 300_000 });
        if (!ok && !mayFail) throw new Error(output);
        return output;
      },
      holds: (claim, seen, expected) => record('holds', claim, seen, expected),
      limit: (claim, seen, expected) => record('limit', claim, seen, expected),
    });
  } catch (error) {
    record('holds', 'the job runs to its end', String((error as Error).stack ?? error), 'no error');
  } finally {
    await server.close();
  }
  const versions = (job.shown ?? Object.keys(job.packages)).map((name) => `${name} ${job.packages[name] ?? ''}`.trim());
  const { name, title, note } = job;
  return { name, title, versions, facts, ...(note !== undefined && { note }) };
}
