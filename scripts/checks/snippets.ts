// Finds dead links in the documentation. Compiles every ```ts fence with the sources, and runs it with the built
// packages; the snippets of one document run in one process. A fence tagged `no-run` is only compiled. Each fence becomes
// a file with the same line numbers as in the document.

import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pool } from '../lib/pool.ts';
import { root, run } from '../lib/run.ts';

interface Snippet {
  /** The place of the fence, as an editor opens it: `README.md:12`. */
  readonly place: string;
  readonly file: string;
  readonly text: string;
  readonly tag: string;
}

const folder = '.cache/snippets';
const documents = globSync(['*.md', 'docs/**/*.md', 'packages/*/README.md'], { cwd: root }).sort();
const snippets = documents.flatMap((document) => extract(document, readFileSync(join(root, document), 'utf8')));

rmSync(join(root, folder), { recursive: true, force: true });
mkdirSync(join(root, folder), { recursive: true });
for (const { file, text } of snippets) writeFileSync(join(root, file), text);

for (const document of documents) for (const link of deadLinks(document)) fail(document, `dead link: ${link}`);
for (const { place, tag } of snippets) if (tag !== '' && tag !== 'no-run') fail(place, `unknown tag "${tag}"`);
const { ok, output } =
  snippets.length > 0 ? await run(['tsc', '-p', 'tsconfig.snippets.json']) : { ok: true, output: '' };
if (!ok) fail('tsc', output);

const place = pool(2);
const toRun = snippets.filter(({ tag }) => tag === '');
await Promise.all([...new Set(toRun.map(documentOf))].map(execute));

/** Links to repository files that do not exist. */
function deadLinks(document: string): readonly string[] {
  const text = readFileSync(join(root, document), 'utf8');
  const links = [...text.matchAll(/\]\(([^)#\s]+)/g)].map(([, link]) => link as string);
  return links.filter((link) => !/^\w+:/.test(link) && !existsSync(join(root, dirname(document), link)));
}

function documentOf({ place }: Snippet): string {
  return place.slice(0, place.lastIndexOf(':'));
}

function extract(document: string, text: string): readonly Snippet[] {
  return [...text.matchAll(/^```(?:ts|typescript)\b([^\n]*)\n(.*?)^```/gms)].map((fence) => {
    const line = text.slice(0, fence.index).split('\n').length;
    const file = `${folder}/${document.replaceAll('/', '__')}.${line}.ts`;
    return {
      place: `${document}:${line}`,
      file,
      text: `${'\n'.repeat(line)}${fence[2]}\nexport {};\n`,
      tag: (fence[1] ?? '').trim(),
    };
  });
}

async function execute(document: string): Promise<void> {
  const leave = await place();
  const node = ['node', '--import', './scripts/snippets/world.ts'];
  const files = toRun.filter((snippet) => documentOf(snippet) === document).map(({ file }) => file);
  const ended = await run([...node, './scripts/snippets/run.ts', ...files], { limitMs: 120_000 });
  leave();
  // The names of the files say which snippet failed, and in which line of the document.
  if (!ended.ok) fail(document, ended.output);
}

function fail(where: string, what: string): void {
  console.error(`${where}: ${what}`);
  process.exitCode = 1;
}
