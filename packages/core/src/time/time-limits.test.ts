import { describe, expect, test } from 'vitest';
import { AttemptTimeoutError, DeadlineExceededError } from '../errors/timeout-errors.ts';
import type { Handler } from '../kernel/pipeline.ts';
import { attemptTimeout } from './attempt-timeout.ts';
import { deadline } from './deadline.ts';
import { answering, never, request, stage } from './stage.test-support.ts';

const rings = [
  { ring: deadline(), error: DeadlineExceededError, limitMs: 5000, told: 'deadline.exceeded: 5000 ms' },
  { ring: attemptTimeout(), error: AttemptTimeoutError, limitMs: 1000, told: 'attempt.timedOut 1: 1000 ms' },
];

describe.for(rings)('$ring.name', ({ ring, error, limitMs, told }) => {
  test('passes an answer through, readable, and leaves no timer', async () => {
    const { clock, context, log } = stage();
    const answer = await answering()();
    expect(await ring.execute(request, async () => answer, context)).toBe(answer);
    expect(await answer.text()).toBe('body');
    expect(clock.pending).toBe(0);
    expect(log.lines).toEqual([]);
  });

  test('rethrows a failure unchanged', async () => {
    const { clock, context } = stage();
    const failure = new Error('mine');
    await expect(ring.execute(request, () => Promise.reject(failure), context)).rejects.toBe(failure);
    const atOnce: Handler = () => {
      throw failure;
    };
    await expect(ring.execute(request, atOnce, context)).rejects.toBe(failure);
    expect(clock.pending).toBe(0);
  });

  test('ends a request that takes too long, at its limit and not before, and reports it once', async () => {
    const { clock, context, log } = stage();
    let inner: AbortSignal | undefined;
    let settled = false;
    const answer = ring.execute(
      request,
      (_request, { signal }) => {
        inner = signal;
        return never();
      },
      context,
    );
    const outcome = answer
      .catch((reason: unknown) => reason)
      .finally(() => {
        settled = true;
      });
    await clock.advance(limitMs - 1);
    expect(settled).toBe(false);
    await clock.advance(1);
    const reason = await outcome;
    expect(reason).toBeInstanceOf(error);
    expect(reason).toMatchObject({ limitMs });
    expect(inner?.reason).toBe(reason);
    expect(log.lines).toEqual([told]);
  });

  test('does not call next if the caller has aborted already', async () => {
    const { context, caller, clock } = stage();
    caller.abort('left');
    let called = false;
    const next: Handler = async () => {
      called = true;
      return new Response();
    };
    await expect(ring.execute(request, next, context)).rejects.toBe('left');
    await clock.advance(10_000);
    expect([called, clock.pending]).toEqual([false, 0]);
  });

  test('lets a caller leave at once, even if the inner handler ignores the signal', async () => {
    const { context, caller, clock, log } = stage();
    const answer = ring.execute(request, never, context);
    caller.abort('left');
    await expect(answer).rejects.toBe('left');
    expect(clock.pending).toBe(0);
    expect(log.lines).toEqual([]);
  });

  test('discards an answer that comes after that', async () => {
    const { context, caller, clock } = stage();
    let answer: (response: Response) => void = () => {};
    let cancelled = false;
    const next: Handler = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    const outcome = ring.execute(request, next, context);
    caller.abort('left');
    await expect(outcome).rejects.toBe('left');
    const cancel = (): void => {
      cancelled = true;
    };
    answer(new Response(new ReadableStream({ cancel })));
    await clock.advance(0);
    expect(cancelled).toBe(true);
  });

  test('still passes the caller’s abort to a body that is being read', async () => {
    const { context, caller } = stage();
    let inner: AbortSignal | undefined;
    const next: Handler = async (_request, { signal }) => {
      inner = signal;
      return new Response();
    };
    await ring.execute(request, next, context);
    caller.abort('left');
    expect(inner?.reason).toBe('left');
  });
});

test('deadline counts from the beginning of the call, not from its own', async () => {
  const { clock, context } = stage();
  await clock.advance(4000);
  const outcome = deadline()
    .execute(request, never, context)
    .catch((reason: unknown) => reason);
  await clock.advance(1000);
  expect(await outcome).toBeInstanceOf(DeadlineExceededError);
});

test('deadline rejects as soon as the rings below have ended, and waits for those that take some turns', async () => {
  for (const turns of [1, 15, 90]) {
    const { context, caller } = stage();
    let hasEnded = false;
    const inner: Handler = async (_request, { signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      for (let turn = 1; turn < turns; turn++) await undefined;
      hasEnded = true;
      throw new Error('the attempt was aborted');
    };
    const order: unknown[] = [];
    const left = deadline()
      .execute(request, inner, context)
      .catch((reason: unknown) => order.push(`${reason}, ${hasEnded}`));
    await Promise.resolve();
    caller.abort('left');
    for (let turn = 0; turn < turns + 6; turn++) await undefined;
    order.push('later');
    await left;
    expect(order).toEqual(['left, true', 'later']);
  }
});

test('deadline that is over already calls nothing; an abort by then still rejects with its reason', async () => {
  const { clock, context, caller } = stage();
  await clock.advance(5000);
  await expect(deadline().execute(request, answering(), context)).rejects.toBeInstanceOf(DeadlineExceededError);
  caller.abort('left');
  await expect(deadline().execute(request, answering(), context)).rejects.toBe('left');
});

test('false is no limit; the caller may leave anyway', async () => {
  const { clock, context, caller } = stage({ timeout: false, totalTimeout: false });
  expect((await attemptTimeout().execute(request, answering(201), context)).status).toBe(201);
  const outcome = deadline()
    .execute(request, never, context)
    .catch((reason: unknown) => reason);
  expect(clock.pending).toBe(0);
  caller.abort('left');
  expect(await outcome).toBe('left');
});
