// Compares the public API with the report in docs/api, so that each change of it is seen in a review. A report lists what
// each entry exports, then everything that the exported types depend on, without comments. `--update` rewrites the
// report. Entries whose names begin with `internal` are left out: they are for our own packages only.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { publicDeclarations } from '../lib/declarations.ts';
import { type Package, readPackages } from '../lib/packages.ts';
import { root, run } from '../lib/run.ts';

const update = process.argv.includes('--update');
const folder = join(root, 'docs/api');
const draftFolder = join(root, '.cache/api');

for (const each of readPackages()) {
  const file = `${each.folder}.d.ts.txt`;
  const report = reportOf(each);
  if (update) write(folder, file, report);
  else if (readIfThere(join(folder, file)) !== report) await showDifference(file, report);
}

function reportOf({ path, name, entries }: Package): string {
  const sections = entries
    .filter((entry) => !entry.name.startsWith('./internal'))
    .map((entry) => {
      const { exported, leanedOn } = publicDeclarations(join(path, entry.types));
      return `// ${join(name, entry.name)}\n\n${exported.join('\n')}\n${heading(leanedOn)}`;
    });
  return sections.join('\n');
}

function heading(texts: readonly string[]): string {
  return texts.length === 0 ? '' : `\n// Not exported, but the types above lean on:\n\n${texts.join('\n')}\n`;
}

async function showDifference(file: string, report: string): Promise<void> {
  write(draftFolder, file, report);
  const committed = existsSync(join(folder, file)) ? `docs/api/${file}` : '/dev/null';
  const { output } = await run(['git', 'diff', '--no-index', '--no-color', committed, `.cache/api/${file}`]);
  console.error(`${output}\nThe public API has changed. If it was meant to: npm test -- api --update\n`);
  process.exitCode = 1;
}

function write(to: string, file: string, text: string): void {
  mkdirSync(to, { recursive: true });
  writeFileSync(join(to, file), text);
}

function readIfThere(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
