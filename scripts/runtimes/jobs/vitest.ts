import type { Job } from '../job.ts';

function jobOf(vitest: string, msw: string): Job {
  const major = vitest.split('.')[0];
  return {
    name: `vitest-${major}`,
    title: `vitest ${major}`,
    packages: { vitest, msw, typescript: '5.9.3' },
    shown: ['vitest', 'msw'],
    fixtures: 'vitest',
    note: '`@holdfast/testing` and its fixtures for vitest; vitest 5 with msw 3 run this project’s own tests',
    async run({ command, holds }) {
      const output = await command(['node_modules/.bin/vitest', 'run', '--reporter=json', 'vitest-own.test.ts'], {
        mayFail: true,
      });
      const report = JSON.parse(output.slice(output.indexOf('{'), output.lastIndexOf('}') + 1)) as Report;
      const results = report.testResults.flatMap(({ assertionResults }) => assertionResults);
      for (const [title, claim] of claims) {
        const result = results.find((each) => each.title === title);
        holds(claim, result?.status === 'passed' ? 'passed' : (result?.failureMessages.join('\n') ?? output), 'passed');
      }
      const types = await command(['node', 'node_modules/typescript/lib/tsc.js', '-p', 'tsconfig.json'], {
        mayFail: true,
      });
      holds('its types, `skipLibCheck: true`', types.trim(), '');
    },
  };
}

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly title: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

const claims: readonly (readonly [string, string])[] = [
  ['retries', 'mocked answers in turn, virtual time, `toHaveRetried`, the transcript'],
  ['resets', '`server.resetHandlers()` resets the answers'],
  ['refreshes', 'a token that expires is refreshed'],
  ['breaks', 'a body that breaks off, an answer that hangs'],
  ['speaks', 'errors in an API’s own dialect'],
  ['leaves', 'a test that leaves something behind fails'],
];

export const vitest3: Job = jobOf('3.2.7', '2.15.0');
export const vitest4: Job = jobOf('4.1.12', '2.15.0');
