import type { Strategy } from '@holdfast/core';
import { expect, test } from 'vitest';
import { quick, scene } from './support/scene.ts';

/** A ring in place of the limiter: holds every call until the test releases it. */
function queue(): Strategy & { letGo(): void; readonly waiting: number } {
  const waiting: (() => void)[] = [];
  let open = true;
  return {
    name: 'queue',
    async execute(request, next, context) {
      if (!open) await new Promise<void>((resolve) => waiting.push(resolve));
      return next(request, context);
    },
    letGo() {
      open = !open;
      for (const go of waiting.splice(0)) go();
    },
    get waiting() {
      return waiting.length;
    },
  };
}

test('calls that were queued when the circuit opened are not sent', async () => {
  const limiter = queue();
  const { attempts, begin, log } = scene(quick, { between: [limiter] });
  const running = Array.from({ length: 4 }, () => begin());
  limiter.letGo();
  const queued = Array.from({ length: 10 }, () => begin());
  expect(limiter.waiting).toBe(10);
  for (const one of running) await one.answer(503);
  expect(log.lines).toEqual(['circuit.opened 1: failureRatio']);
  limiter.letGo();
  for (const one of queued) {
    expect(await one.end).toBe('CIRCUIT_OPEN');
    expect(one.sent).toBe(false);
  }
  await attempts(1, 200);
  expect(limiter.waiting).toBe(0);
});

test('an open circuit rejects before the queue', async () => {
  const limiter = queue();
  const { attempts, begin } = scene(quick, { between: [limiter] });
  await attempts(4, 503);
  limiter.letGo();
  expect(await begin().end).toBe('CIRCUIT_OPEN');
  expect(limiter.waiting).toBe(0);
});

test('of the calls that queue while the circuit may be probed, one is sent', async () => {
  const limiter = queue();
  const { attempts, begin, clock } = scene(quick, { between: [limiter] });
  await attempts(4, 503);
  await clock.advance(1000);
  limiter.letGo();
  const queued = Array.from({ length: 10 }, () => begin());
  expect(limiter.waiting).toBe(10);
  limiter.letGo();
  await clock.advance(0);
  expect(queued.filter(({ sent }) => sent)).toHaveLength(1);
});
