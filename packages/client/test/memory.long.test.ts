import { expect, test } from 'vitest';
import { runChild } from './support/child.ts';

test('many thousand calls on one signal leave no listener behind, and no object', async () => {
  const { code, stdout, stderr } = await runChild('./memory.child.ts');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toEqual({ leaks: [], listeners: 0, inFlight: 0 });
}, 120_000);

test('twelve thousand calls that are aborted in the queue leave nothing there, and none of them is sent', async () => {
  const { code, stdout, stderr } = await runChild('./queue.child.ts');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const limiters = [{ key: 'https://api.example.com', running: 1, queued: 0 }];
  expect(JSON.parse(stdout)).toEqual({ rejected: 12_000, sent: 1, limiters, callsInFlight: 1, leaks: [] });
}, 120_000);
