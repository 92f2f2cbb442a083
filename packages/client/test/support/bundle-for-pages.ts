import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the bundled client is. */
    readonly bundle: string;
  }
}

/** What becomes of a chunk that is asked for. */
export type Delivery = 'as it is' | 'fails' | 'hangs';

/**
 * The client as a page has it: bundled, with its parts in chunks of their own. `/{id}/index.js` is a copy of it that no
 * other test has; `/{id}/log` gives the names of the chunks that were fetched of that copy, and `/{id}/deliver/{chunk}/{how}`
 * says what becomes of one from now on.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const chunks = await bundleClient();
  const fetched = new Map<string, string[]>();
  const deliveries = new Map<string, Delivery>();
  const server = createServer((incoming, response) => {
    response.setHeader('access-control-allow-origin', '*');
    const [, id = '', file = '', ...rest] = decodeURIComponent(incoming.url ?? '').split('/');
    const log = fetched.get(id) ?? [];
    fetched.set(id, log);
    if (file === 'log') return void response.end(JSON.stringify(log));
    if (file === 'deliver') {
      deliveries.set(`${id}/${rest[0]}`, rest[1] as Delivery);
      return void response.end();
    }
    const name = file.replace(/\.js$/, '');
    log.push(name);
    deliver(response, chunks.get(file), deliveries.get(`${id}/${name}`) ?? 'as it is');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  project.provide('bundle', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
}

function deliver(response: ServerResponse, code: string | undefined, delivery: Delivery): void {
  if (delivery === 'hangs') return;
  if (code === undefined || delivery === 'fails') response.writeHead(500).end();
  else response.writeHead(200, { 'content-type': 'text/javascript', 'cache-control': 'no-store' }).end(code);
}

/** From the sources, as a bundler for browsers sees them. */
async function bundleClient(): Promise<ReadonlyMap<string, string>> {
  const bundle = await rolldown({
    input: join(import.meta.dirname, '../../src/index.ts'),
    platform: 'browser',
    resolve: { conditionNames: ['@holdfast/source', 'browser', 'import'] },
  });
  const { output } = await bundle.generate({ format: 'esm', entryFileNames: '[name].js', chunkFileNames: '[name].js' });
  await bundle.close();
  return new Map(output.flatMap((chunk) => (chunk.type === 'chunk' ? [[chunk.fileName, chunk.code]] : [])));
}
