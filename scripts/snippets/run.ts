// Runs the snippets of one document, one after the other in one process: most of a snippet's time is the start of Node.

import { join } from 'node:path';
import { root } from '../lib/run.ts';

for (const file of process.argv.slice(2)) {
  // What a snippet has put in its place, such as msw's, ends with it.
  const { fetch } = globalThis;
  await import(join(root, file));
  globalThis.fetch = fetch;
}
