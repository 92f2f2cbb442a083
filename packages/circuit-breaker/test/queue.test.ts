import type { Strategy } from '@holdfast/core';
import { expect, test } from 'vitest';
import { origin, quick, scene } from './support/scene.ts';

/** A ring in place of the limiter: holds every call until the test releases it. */
function queue(): Strategy & { letGo(): void; readonly waiting: number } {
  const waiting = new Set<() => void>();
  let open = true;
  return {
    name: 'queue',
    async execute(request, next, context) {
      if (!open) {
        await new Promise<void>((resolve, reject) => {
          waiting.add(resolve);
          context.signal.addEventListener('abort', () => waiting.delete(resolve) && reject(context.signal.reason));
        });
      }
      return next(request, context);
    },
    letGo() {
      open = !open;
      for (const go of waiting) go();
      waiting.clear();
    },
    get waiting() {
      return waiting.size;
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

test('of the calls that begin while the circuit may be probed one queues, and the others wait for it outside', async () => {
  const limiter = queue();
  const { attempts, begin, clock } = scene(quick, { between: [limiter] });
  await attempts(4, 503);
  await clock.advance(1000);
  limiter.letGo();
  const calls = Array.from({ length: 10 }, () => begin());
  expect(limiter.waiting).toBe(1);
  limiter.letGo();
  await clock.advance(0);
  expect(calls.filter(({ sent }) => sent)).toEqual([calls[0]]);
  await calls[0]?.answer(200);
  await clock.advance(0);
  expect(calls.every(({ sent }) => sent)).toBe(true);
});

test('if the call that will probe leaves the queue, another one takes its place', async () => {
  const limiter = queue();
  const { attempts, begin, clock } = scene(quick, { between: [limiter] });
  await attempts(4, 503);
  await clock.advance(1000);
  limiter.letGo();
  const [first] = [begin(), begin(), begin()];
  expect(await first?.abort(new DOMException('enough', 'AbortError'))).toBe('AbortError');
  await clock.advance(0);
  expect(limiter.waiting).toBe(1);
});

test('a call that will probe, but queues for longer than others wait, does not hold them up', async () => {
  const limiter = queue();
  const { attempts, begin, clock } = scene(quick, { between: [limiter] });
  await attempts(4, 503);
  await clock.advance(1000);
  limiter.letGo();
  const calls = [begin(), begin()];
  await clock.advance(1000);
  expect(limiter.waiting).toBe(2);
  limiter.letGo();
  await clock.advance(0);
  expect(calls.map(({ sent }) => sent)).toEqual([true, false]);
});

test('a call that would have probed, and queues when the circuit is opened again, holds no other up', async () => {
  const limiter = queue();
  const { attempts, begin, breaker, clock } = scene(quick, { between: [limiter] });
  await attempts(4, 503);
  await clock.advance(1000);
  limiter.letGo();
  begin();
  breaker.circuits.open(origin, 1000);
  await clock.advance(1000);
  begin();
  expect(limiter.waiting).toBe(2);
});
