// Runs the snippets of one document one after the other in one process, because starting Node takes most of a snippet's
// time.

import { join } from 'node:path';
import { root } from '../lib/run.ts';

for (const file of process.argv.slice(2)) {
  // Removes a fetch that the snippet has installed, such as msw's.
  const { fetch } = globalThis;
  await import(join(root, file));
  globalThis.fetch = fetch;
}
