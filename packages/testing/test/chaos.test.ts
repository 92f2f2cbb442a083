import type { Strategy } from '@holdfast/core';
import { ManualClock, scriptedTransport } from '@holdfast/core/testing';
import { type ChaosOptions, chaos } from '@holdfast/testing/chaos';
import { holdfastTest } from '@holdfast/testing/vitest';
import { type ClientOptions, createResilientClient, isApiError, type ResilientClient } from 'holdfast';
import { describe, expect, it, vi } from 'vitest';

const url = 'https://api.example.com/orders/1';
const answering = (count: number): NonNullable<ClientOptions['fetch']> =>
  scriptedTransport(Array.from({ length: count }, () => 200)) as unknown as typeof fetch;

const suffering = (options: ChaosOptions, further: ClientOptions = {}) =>
  holdfastTest((parts) =>
    createResilientClient({
      ...{ fetch: answering(100), retryBudget: false, circuitBreaker: false, ...parts, ...further },
      perAttempt: [chaos(options)],
    }),
  );

/** How several calls end, one after the other: a mark for each. */
async function marks(client: ResilientClient, count: number): Promise<string> {
  let text = '';
  for (let call = 0; call < count; call++) {
    text += await client.get(url).then(
      () => '.',
      (error: { code: string }) => (isApiError(error) ? 's' : error.code === 'NETWORK' ? 'n' : '?'),
    );
  }
  return text;
}

describe('chaos', () => {
  suffering({})('does nothing that it is not asked for', async ({ client, events }) => {
    expect(await marks(client, 20)).toBe('.'.repeat(20));
    expect(events.events.filter(({ type }) => type === 'chaos.injected')).toEqual([]);
  });

  suffering({ faultRatio: 1 })('is reported, and retried like a real fault', async ({ client }) => {
    const error: unknown = await client.get(url).then(undefined, (thrown: unknown) => thrown);
    expect(isApiError(error) && [error.status, error.error.code]).toEqual([503, 'chaos']);
    expect(client).toHaveTranscript([
      `call.started: GET ${url}`,
      'attempt.started 1',
      'chaos.injected 1: 503',
      'attempt.ended 1: 503',
      'retry.scheduled 1: 503 → retry 1 of 2 in 125 ms (backoff)',
      'attempt.started 2',
      'chaos.injected 2: 503',
      'attempt.ended 2: 503',
      'retry.scheduled 2: 503 → retry 2 of 2 in 788 ms (backoff)',
      'attempt.started 3',
      'chaos.injected 3: 503',
      'attempt.ended 3: 503',
      'retry.denied 3: 503 → fail: all 2 retries are used up',
      'call.ended: failure after 3 attempts',
    ]);
  });

  const mixed: ChaosOptions = { faultRatio: 0.5, statuses: [500, 'network'], seed: 4 };
  it('injects the same faults for the same seed, and others for another', async () => {
    const run = (seed: number): Promise<string> =>
      marks(createResilientClient({ fetch: answering(100), retry: 0, perAttempt: [chaos({ ...mixed, seed })] }), 40);
    const first = await run(4);
    expect(first).toMatch(/^[.sn]{40}$/);
    for (const mark of '.sn') expect(first).toContain(mark);
    expect(await run(4)).toBe(first);
    expect(await run(5)).not.toBe(first);
  });

  suffering({ latencyMs: 1000 })(
    'is delayed by up to latencyMs, by the clock of the call',
    async ({ client, clock, events }) => {
      await client.get(url);
      expect(clock.now()).toBe(500);
      expect(events.lines).toContain('chaos.injected 1: 500 ms');
    },
  );

  suffering({ latencyMs: 60_000 }, { random: () => 1 })(
    'does not hold a caller that aborts',
    async ({ client, clock }) => {
      const controller = new AbortController();
      const call = client.get(url, { signal: controller.signal, totalTimeout: false });
      controller.abort(new Error('enough'));
      await expect(call).rejects.toThrow('enough');
      expect([clock.now(), clock.pending]).toEqual([0, 0]);
    },
  );

  suffering({ latencyMs: 60_000 }, { random: () => 1 })('stays within the call’s time', async ({ client, clock }) => {
    await expect(client.get(url, { totalTimeout: 5000 })).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(clock.now()).toBe(5000);
  });

  it('does nothing to a call that is aborted already', async () => {
    const controller = new AbortController();
    const leaving: Strategy = {
      name: 'leaving',
      execute(request, next, context) {
        controller.abort(new Error('enough'));
        return next(request, context);
      },
    };
    const client = createResilientClient({ fetch: answering(1), perAttempt: [leaving, chaos({ faultRatio: 1 })] });
    const told = vi.fn();
    client.on('chaos.injected', told);
    await expect(client.get(url, { signal: controller.signal })).rejects.toThrow('enough');
    expect(told).not.toHaveBeenCalled();
  });

  it('leaves a fault unreported without listeners, and breaks nothing', async () => {
    const clock = new ManualClock();
    const client = createResilientClient({
      clock,
      fetch: answering(1),
      perAttempt: [chaos({ faultRatio: 1 })],
      retry: 0,
    });
    await expect(client.get(url)).rejects.toMatchObject({ status: 503 });
  });

  it.each([
    [{ faultRatio: 1.5 }, 'chaos: faultRatio must be a number from 0 to 1, got 1.5'],
    [{ latencyMs: -1 }, 'chaos: latencyMs must be a number from 0 to 2147483647 (milliseconds), got -1'],
    [{ statuses: [] }, "chaos: statuses must be a list of statuses, such as [500, 503, 'network'], got an array of 0"],
    [{ statuses: [200] }, "chaos: statuses[0] must be a number from 400 to 599 (a status, or 'network'), got 200"],
    [{ seed: '7' as never }, 'chaos: seed must be a finite number, got "7"'],
    [{ ratio: 1 } as never, 'chaos: unknown option "ratio"'],
  ])('throws for a mistake: %o', (options, message) => {
    expect(() => chaos(options)).toThrow(message);
  });
});
