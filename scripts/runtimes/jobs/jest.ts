import { writeDocumented } from '../documented.ts';
import type { Job } from '../job.ts';

export const jest: Job = {
  name: 'jest',
  title: 'Jest and node:test',
  packages: {
    jest: '30.5.2',
    '@jest/globals': '30.5.2',
    'ts-jest': '29.4.15',
    typescript: '5.9.3',
    'jest-environment-jsdom': '30.5.2',
    'jest-fixed-jsdom': '0.0.11',
  },
  shown: ['jest', 'ts-jest', 'jest-fixed-jsdom'],
  note: 'on Node 24.21.0, with `NODE_OPTIONS=--experimental-vm-modules`; the files of [testing](testing.md) among them',
  async run({ folder, server, command, holds, limit }) {
    writeDocumented('docs/testing.md', folder);
    const flag = { NODE_OPTIONS: '--experimental-vm-modules', SERVER: server.url };
    const run = async (name: string, env: Readonly<Record<string, string>> = flag): Promise<string> => {
      const output = await command(['node_modules/.bin/jest', '--config', `${name}/jest.config.js`], {
        env,
        mayFail: true,
      });
      return /Tests: .*failed|failed to run/.test(output)
        ? output.slice(0, 1500)
        : (/Tests: +(.*)/.exec(output)?.[1] ?? output);
    };
    holds('CommonJS: `require("holdfast")`, ManualClock, Jest’s fake timers', await run('cjs'), '3 passed, 3 total');
    holds('ES modules', await run('esm'), '1 passed, 1 total');
    holds('ts-jest', await run('ts'), '1 passed, 1 total');
    holds('jsdom, with `jest-fixed-jsdom` for Node’s fetch', await run('jsdom'), '1 passed, 1 total');
    const retried = ['cjs', 'esm', 'ts', 'jsdom'].map((key) => server.count(key));
    holds('each retries a real 503; the server sees 2', retried, [2, 2, 2, 2]);
    const bare = await run('cjs', { NODE_OPTIONS: '', SERVER: server.url });
    limit(
      'without the flag Jest’s own loader refuses ES modules',
      /Must use import to load ES Module/.test(bare),
      true,
    );
    const isGood = async (file: string): Promise<boolean> =>
      /^# pass [1-9]|pass [1-9]/m.test(await command(['node', '--test', `node-test/${file}`]));
    holds('node:test with a ManualClock', await isGood('order.test.mjs'), true);
    holds(
      'node:test, `setTimeout` and `Date` mocked: a backoff ends by `tick()`',
      await isGood('mocked.test.mjs'),
      true,
    );
    holds(
      'node:test, `performance` real: a pause that the server asked for ends by `tick()`, too',
      await isGood('pause.test.mjs'),
      true,
    );
  },
};
