import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The URL of the bundled client. */
    readonly bundle: string;
  }
}

/** What happens to a requested chunk. */
export type Delivery = 'as it is' | 'fails' | 'hangs';

/**
 * The client as a page gets it: bundled, with its parts in separate chunks. `/{id}/index.js` is a copy that only one test
 * uses. `/{id}/log` returns the names of the fetched chunks of that copy. `/{id}/deliver/{chunk}/{how}` decides how a
 * chunk is answered from now on, and answers the requests for it that hang.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const chunks = await bundleClient();
  const fetched = new Map<string, string[]>();
  const deliveries = new Map<string, Delivery>();
  const hanging = new Map<string, (() => void)[]>();
  const server = createServer((incoming, response) => {
    response.setHeader('access-control-allow-origin', '*');
    const [, id = '', file = '', ...rest] = decodeURIComponent(incoming.url ?? '').split('/');
    const log = fetched.get(id) ?? [];
    fetched.set(id, log);
    if (file === 'log') return void response.end(JSON.stringify(log));
    if (file === 'deliver') {
      const chunk = `${id}/${rest[0]}`;
      deliveries.set(chunk, rest[1] as Delivery);
      for (const goOn of hanging.get(chunk)?.splice(0) ?? []) goOn();
      return void response.end();
    }
    const name = file.replace(/\.js$/, '');
    log.push(name);
    const chunk = `${id}/${name}`;
    const deliver = (): void => {
      const delivery = deliveries.get(chunk) ?? 'as it is';
      if (delivery === 'hangs') hanging.set(chunk, [...(hanging.get(chunk) ?? []), deliver]);
      else send(response, delivery === 'fails' ? undefined : chunks.get(file));
    };
    deliver();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  project.provide('bundle', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
}

function send(response: ServerResponse, code: string | undefined): void {
  if (code === undefined) response.writeHead(500).end();
  else response.writeHead(200, { 'content-type': 'text/javascript', 'cache-control': 'no-store' }).end(code);
}

/** Bundles the sources as a bundler for browsers does. */
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
