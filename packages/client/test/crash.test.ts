import { expect, test } from 'vitest';
import { runChild } from './support/child.ts';

const failures = {
  'no HTTP': 'NETWORK',
  'a closed connection': 'NETWORK',
  'a broken body': 'NETWORK',
  'a status': 'API_ERROR',
  'a fetch of the user': 'NETWORK',
  'a refresh': 'CREDENTIALS',
  'a timeout': 'ATTEMPT_TIMEOUT',
} as const;
const printers = [
  ...['the crash of Node', 'the crash by its cause', 'console.error', 'inspect, with all that is hidden'],
  ...['a logger that copies members', 'a logger that copies hidden members', 'JSON', 'a copy for another thread'],
];

/** Every printer once, and every failure in the crash of Node; the others would tell the same in more time. */
const cases = [
  ...printers.map((print): [string, string] => ['a fetch of the user', print]),
  ...Object.keys(failures).map((failure): [string, string] => [failure, 'the crash of Node']),
  ['no HTTP', 'the crash by its cause'],
  ['no HTTP', 'inspect, with all that is hidden'],
  ['a refresh', 'a logger that copies hidden members'],
] as const;

test.each(cases)(
  '%s, printed by %s, shows no token, no cookie and no body',
  async (failure, print) => {
    const { code, stderr, stdout } = await runChild('./crash.child.ts', [failure, print]);
    expect(stderr).toContain(`code ${failures[failure as keyof typeof failures]}`);
    expect(stderr.length).toBeGreaterThan(30);
    expect(stderr + stdout).not.toMatch(/hush/);
    expect(code).toBe(print.startsWith('the crash') ? 1 : 0);
  },
  120_000,
);

test('a status that client.fetch gives is no error; a body that breaks while it is read crashes without a secret', async () => {
  const { stderr } = await runChild('./crash.child.ts', ['a broken body', 'the crash of Node', 'fetch']);
  expect(stderr).toContain('code NETWORK');
  expect(stderr).not.toMatch(/hush/);
}, 120_000);
