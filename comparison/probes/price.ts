import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endOf, type Probe } from '../probe.ts';
import { serve, status } from '../server.ts';

/** The cost of a choice. There is no right or wrong here. */
export const price: readonly Probe[] = [
  {
    title: 'Ten calls, each of which would be answered at its third attempt',
    async run({ open }) {
      let count = 0;
      await using server = await serve((response) => status(response, ++count % 3 === 0 ? 200 : 503));
      const client = open(server.origin);
      let answered = 0;
      for (let call = 0; call < 10; call++) {
        count = 0;
        if ((await endOf(client.send(server.origin))) === 'answered') answered++;
      }
      return { fact: `${answered} answered` };
    },
  },
  {
    title: 'Packages that it installs, including itself',
    run: async ({ contender }) => {
      const found = new Set<string>();
      for (const name of contender.packages) collect(name, dirname(fileURLToPath(import.meta.url)), found);
      return { fact: String(found.size) };
    },
  },
];

/** Follows the dependencies through the folders in which they are installed. */
function collect(name: string, from: string, found: Set<string>): void {
  const manifestFile = manifestOf(name, from);
  if (found.has(manifestFile)) return;
  found.add(manifestFile);
  const { dependencies = {} } = JSON.parse(readFileSync(manifestFile, 'utf8')) as { dependencies?: object };
  for (const dependency of Object.keys(dependencies)) collect(dependency, dirname(manifestFile), found);
}

function manifestOf(name: string, from: string): string {
  const file = join(from, 'node_modules', name, 'package.json');
  if (existsSync(file)) return realpathSync(file);
  if (dirname(from) === from) throw new Error(`${name} is not installed`);
  return manifestOf(name, dirname(from));
}
