// Runs each example as a user would. The example must end by itself with exit code 0, and print the lines of its
// `expected.txt` in that order; other lines may stand between them. `/…/` is a regular expression, any other text is part
// of a line.

import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root, run } from '../lib/run.ts';

for (const example of globSync('examples/*/main.ts', { cwd: root }).sort()) {
  const problem = await problemOf(example);
  console.log(`${example}: ${problem ?? 'ok'}`);
  if (problem !== undefined) process.exitCode = 1;
}

async function problemOf(example: string): Promise<string | undefined> {
  const expectedFile = join(root, dirname(example), 'expected.txt');
  if (!existsSync(expectedFile)) return 'has no expected.txt beside it';
  const expected = readFileSync(expectedFile, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const { ok, output } = await run(['node', '--conditions=@holdfast/source', example], { limitMs: 120_000 });
  if (!ok) return `failed\n${output}`;
  const printed = output.split('\n');
  let from = 0;
  for (const line of expected) {
    const at = printed.findIndex((text, index) => index >= from && matches(text, line));
    if (at < 0) return `did not print, in its place: ${line}\n${output}`;
    from = at + 1;
  }
  return undefined;
}

function matches(text: string, line: string): boolean {
  const pattern = /^\/(.*)\/$/.exec(line)?.[1];
  return pattern === undefined ? text.includes(line) : new RegExp(pattern).test(text);
}
