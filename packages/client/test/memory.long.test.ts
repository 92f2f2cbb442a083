import { expect, test } from 'vitest';
import { runChild } from './support/child.ts';

test('many thousand calls on one signal leave no listener behind, and no memory', async () => {
  const { code, stdout, stderr } = await runChild('./memory.child.ts');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { grownPerCall, listeners, inFlight } = JSON.parse(stdout);
  expect(inFlight).toBe(0);
  expect(listeners).toBe(0);
  expect(grownPerCall).toBeLessThan(50);
}, 120_000);

test('ten thousand callers who give up in the queue leave nothing there, and nothing of theirs is sent', async () => {
  const { code, stdout, stderr } = await runChild('./queue.child.ts');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { grownPerCall, ...rest } = JSON.parse(stdout);
  const limiters = [{ key: 'https://api.example.com', running: 1, queued: 0 }];
  expect(rest).toEqual({ rejected: 10_000, sent: 1, limiters, callsInFlight: 1 });
  // What one call leaves behind would be more.
  expect(grownPerCall).toBeLessThan(200);
}, 120_000);
