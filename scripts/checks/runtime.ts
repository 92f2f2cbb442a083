// Runs one job of scripts/runtimes: `node scripts/checks/runtime.ts workers`. The results go to
// `.cache/runtimes/<name>.json`, from which scripts/checks/runtimes.ts makes docs/runtimes.md. Exits with 77 if the
// environment could not be installed.

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { skipped } from '../lib/run.ts';
import { jobs } from '../runtimes/jobs.ts';
import { installProject, runtimesFolder } from '../runtimes/project.ts';
import { tryJob } from '../runtimes/try-job.ts';

const name = process.argv[2];
const job = jobs.find((each) => each.name === name);
if (!job) throw new Error(`runtime: the job must be one of ${jobs.map((each) => each.name).join(', ')}, got ${name}`);

const resultFile = join(runtimesFolder, `${job.name}.json`);
rmSync(resultFile, { force: true });
const { folder, problem } = await installProject(job);
if (problem !== undefined) {
  console.log(`Not tried: ${problem}`);
  process.exit(skipped);
}
const result = await tryJob(job, folder);
writeFileSync(resultFile, `${JSON.stringify(result, null, 2)}\n`);
console.log(`${job.title}: ${result.versions.join(', ')}`);
for (const { claim, kind, isAsExpected, seen, expected } of result.facts) {
  console.log(`${isAsExpected ? (kind === 'holds' ? 'holds ' : 'limit ') : 'FAILED'}  ${claim}`);
  if (isAsExpected) continue;
  console.log(`  seen:     ${typeof seen === 'string' ? seen : JSON.stringify(seen)}`);
  console.log(`  expected: ${JSON.stringify(expected)}`);
  process.exitCode = 1;
}
