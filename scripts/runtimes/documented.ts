import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../lib/run.ts';

/** Writes a fence of the documentation that names a file (`js file=order.mjs`) to that file of the project. */
export function writeDocumented(document: string, folder: string): void {
  const text = readFileSync(join(root, document), 'utf8');
  for (const [, file = '', content = ''] of text.matchAll(/^```js file=(\S+)\n(.*?)^```/gms)) {
    writeFileSync(join(folder, file), content);
  }
}
