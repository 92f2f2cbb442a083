import { expect, test } from 'vitest';
import { runChild } from './support/child.ts';

test('an idle process with a client in it exits by itself', async () => {
  // Each limit in the program is ten minutes, so a timer that kept the process alive would outlast this test.
  expect(await runChild('./idle.child.ts')).toEqual({ code: 0, stdout: 'done 6\n', stderr: '' });
}, 120_000);
