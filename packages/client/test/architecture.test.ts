import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { scriptedTransport } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import { createResilientClient } from '../src/index.ts';

const page = readFileSync(new URL('../../../ARCHITECTURE.md', import.meta.url), 'utf8');
const [, list = ''] = /<!-- the way of a call -->([\s\S]*?)<!-- end of the way -->/.exec(page) ?? [];
const files = [...list.matchAll(/\]\(([^)]+)\)/g)].map(([, file]) => String(file));

test('a call that is answered by 503 and then by 200 runs through each file that ARCHITECTURE.md lists', async () => {
  const api = createResilientClient({
    baseUrl: 'https://api.example.com/',
    retry: { delay: () => 0 },
    fetch: scriptedTransport([503, { status: 200, body: '{"id":42}' }]),
  });
  const session = new Session();
  session.connect();
  const executed = await executedFiles(session, () => api.get('orders/42', { timeout: 500 }).json());
  session.disconnect();
  expect(files.length).toBeGreaterThan(10);
  expect(files.filter((file) => !executed.some((url) => url.endsWith(`/${file}`)))).toEqual([]);
});

/** The URLs of the scripts of which a function is executed by the work, besides what loads them. */
async function executedFiles(session: Session, work: () => Promise<unknown>): Promise<readonly string[]> {
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  await work();
  let executed: readonly string[] = [];
  // A session of the same process answers synchronously.
  session.post('Profiler.takePreciseCoverage', (error, { result }) => {
    if (error) throw error;
    const isCalled = ({ ranges: [first] }: (typeof result)[number]['functions'][number]): boolean =>
      first !== undefined && first.count > 0 && first.startOffset > 0;
    executed = result.filter(({ functions }) => functions.some(isCalled)).map(({ url }) => url);
  });
  session.post('Profiler.stopPreciseCoverage');
  return executed;
}
