import { expect, test } from 'vitest';
import { runChild } from './support/child.ts';

test('what is printed or logged of any failure shows no token, no cookie and no body', async () => {
  const { code, stderr, stdout } = await runChild('./crash.child.ts');
  expect(code).toBe(0);
  const codes = stderr.match(/^code .*$/gm)?.map((line) => line.slice('code '.length));
  expect(codes).toEqual([
    ...['no HTTP NETWORK', 'no HTTP NETWORK', 'a closed connection NETWORK', 'a closed connection NETWORK'],
    ...['a broken body NETWORK', 'a broken body NETWORK', 'a status API_ERROR', 'a status undefined'],
    ...['a fetch of the user NETWORK', 'a fetch of the user NETWORK', 'a refresh CREDENTIALS', 'a refresh CREDENTIALS'],
    ...['a timeout ATTEMPT_TIMEOUT', 'a timeout ATTEMPT_TIMEOUT'],
  ]);
  expect(stderr + stdout).not.toMatch(/hush/);
}, 120_000);

test.concurrent.each([
  ['a fetch of the user', 'the crash of Node'],
  ['a fetch of the user', 'the crash by its cause'],
  ['no HTTP', 'the crash of Node'],
  ['a status', 'the crash of Node'],
])(
  '%s: %s shows no token, no cookie and no body',
  async (failure, print) => {
    const { code, stderr, stdout } = await runChild('./crash.child.ts', [failure, print]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^\s+at .*crash\.child\.ts/m);
    expect(stderr + stdout).not.toMatch(/hush/);
  },
  120_000,
);
