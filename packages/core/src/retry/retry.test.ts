import { describe, expect, it, vi } from 'vitest';
import { NetworkError } from '../errors/network-error.ts';
import type { Strategy } from '../kernel/pipeline.ts';
import { constantBackoff } from '../policy/backoff.ts';
import { accept, failFast, retry } from '../policy/policies.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { hang, networkFailureOf } from '../testing/scripted-transport.ts';
import { deadline } from '../time/deadline.ts';
import { markFinal } from '../transport/nested.ts';
import { type RetryBudget, retryBudget } from './budget.ts';
import { retryRing } from './retry.ts';
import { rejection, scene, watchedResponse } from './ring.test-support.ts';

describe('the retry ring', () => {
  it('returns an answer unchanged', async () => {
    const response = new Response('whole');
    const { run, call, log } = scene([response]);
    expect(await run()).toBe(response);
    expect(response.bodyUsed).toBe(false);
    expect(await response.text()).toBe('whole');
    expect(log.lines).toEqual(['attempt.started 1', 'attempt.ended 1: 200']);
    expect(call.attempts).toEqual([{ attempt: 1, status: 200, startedMs: 0, durationMs: 0 }]);
    expect(call.decision).toBeUndefined();
  });

  it('retries a transient failure until an attempt succeeds', async () => {
    const { run, log, clock, transport } = scene([503, 429, 200]);
    expect((await run()).status).toBe(200);
    expect(log.lines).toEqual([
      'attempt.started 1',
      'attempt.ended 1: 503',
      'retry.scheduled 1: 503 → retry 1 of 2 in 250 ms (backoff)',
      'attempt.started 2',
      'attempt.ended 2: 429',
      'retry.scheduled 2: 429 → retry 2 of 2 in 2000 ms (backoff)',
      'attempt.started 3',
      'attempt.ended 3: 200',
    ]);
    expect(clock.now()).toBe(2250);
    expect(clock.pending).toBe(0);
    expect(transport.requests).toHaveLength(3);
  });

  it('gives the last answer, unread, when the retries are used up', async () => {
    const { run, log, call } = scene([503, 503, new Response('sorry', { status: 503 })]);
    const response = await run();
    expect(await response.text()).toBe('sorry');
    expect(log.lines.at(-1)).toBe('retry.denied 3: 503 → fail: all 2 retries are used up');
    expect(call.decision?.because).toBe('limitReached');
    expect(call.attempts.map(({ status, decision }) => `${status} ${decision?.action}`)).toEqual([
      '503 retry',
      '503 retry',
      '503 fail',
    ]);
  });

  it('rejects with the last error as it is when there is no answer', async () => {
    const script = Array(3).fill(networkFailureOf('ECONNRESET'));
    const { run, log } = scene(script);
    const error = await rejection(run());
    expect(error).toBeInstanceOf(NetworkError);
    expect(error).toMatchObject({ reason: 'ECONNRESET', cause: script[2] });
    expect(log.lines.slice(-2)).toEqual([
      'attempt.ended 3: NETWORK',
      'retry.denied 3: network error (ECONNRESET) → fail: all 2 retries are used up',
    ]);
  });

  it('rejects without a second attempt where a strategy inside refuses', async () => {
    let asked = 0;
    const gate: Strategy = {
      name: 'gate',
      execute: () => {
        asked++;
        return Promise.reject(new Error('refused'));
      },
    };
    const { run, transport } = scene([200], { inside: [gate] });
    expect(await rejection(run())).toEqual(new Error('refused'));
    expect(asked).toBe(1);
    expect(transport.requests).toHaveLength(0);
  });

  it('treats a strategy that throws at once like one that rejects', async () => {
    const thrown = new RangeError('mine');
    const broken: Strategy = {
      name: 'broken',
      execute: () => {
        throw thrown;
      },
    };
    expect(await rejection(scene([200], { inside: [broken] }).run())).toBe(thrown);
  });

  it.each([new TypeError('a bug'), 'a string', undefined, null, 0])('rethrows %o unchanged', async (thrown) => {
    const broken: Strategy = { name: 'broken', execute: () => Promise.reject(thrown) };
    expect(await rejection(scene([], { inside: [broken] }).run())).toBe(thrown);
  });

  it('waits only by the clock it was given, and starts no retry by itself', async () => {
    const { send, clock, transport } = scene([503, 200]);
    const sent = send();
    await clock.advance(249);
    expect(transport.requests).toHaveLength(1);
    expect(clock.pending).toBe(1);
    await clock.advance(1);
    expect(transport.requests).toHaveLength(2);
    expect((await sent).status).toBe(200);
  });

  it('numbers the attempts from the inside, too', async () => {
    const seen: number[] = [];
    const watch: Strategy = {
      name: 'watch',
      execute: (request, next, context) => {
        seen.push(context.attempt);
        return next(request, context);
      },
    };
    await scene([503, 503, 200], { inside: [watch] }).run();
    expect(seen).toEqual([1, 2, 3]);
  });

  it('asks about a success only where a policy may have something to say of it', async () => {
    const polled = scene([202, 202, 200], {
      policies: { policies: { 202: retry({ limit: 5, backoff: constantBackoff({ delayMs: 100 }) }) } },
    });
    expect((await polled.run()).status).toBe(200);
    expect(polled.clock.now()).toBe(200);
    expect(polled.call.decision).toMatchObject({ action: 'accept', rule: 'default' });
  });

  it('gives an accepted status as an answer', async () => {
    const { run, call, log } = scene([404], { policies: { policies: { 404: accept() } } });
    expect((await run()).status).toBe(404);
    expect(call.decision).toMatchObject({ action: 'accept', rule: 'policies[404]' });
    expect(log.lines).toHaveLength(2);
  });

  it('keeps the fallback of the policy that decided', async () => {
    const { run, call } = scene([503], { policies: { policies: { 503: failFast({ fallback: 'x' }) } } });
    await run();
    expect(call).toMatchObject({ fallback: 'x', decision: { action: 'fallback' } });
  });

  it('lets a policy function that throws end the call, and discards the answer', async () => {
    const cancelled = vi.fn();
    const thrown = new Error('mine');
    const policy = (): never => {
      throw thrown;
    };
    const { run, clock } = scene([watchedResponse(503, cancelled)], { policies: { policies: { 503: policy } } });
    expect(await rejection(run())).toBe(thrown);
    expect(cancelled).toHaveBeenCalledOnce();
    expect(clock.pending).toBe(0);
  });

  it('reports that a policy function that throws has ended a call under way', async () => {
    let asked = 0;
    const policy = () => {
      if (asked++ > 0) throw new TypeError('mine');
      return undefined;
    };
    const { run, call } = scene([503, 503], { policies: { policies: { 503: policy } } });
    expect(await rejection(run())).toEqual(new TypeError('mine'));
    expect(call.decision).toMatchObject({
      action: 'fail',
      because: 'policy',
      reason: '503 → retry 1 of 2 in 250 ms (backoff); it failed',
    });
  });
});

describe('a failed answer', () => {
  it('is released before the wait, not after it', async () => {
    const cancelled = vi.fn();
    const { send, clock } = scene([watchedResponse(503, cancelled), 200]);
    const sent = send();
    await clock.advance(0);
    expect(clock.pending).toBe(1);
    expect(cancelled).toHaveBeenCalledOnce();
    await clock.run(sent);
    expect(cancelled).toHaveBeenCalledOnce();
  });

  it('is kept where it is the last', async () => {
    const cancelled = vi.fn();
    const { run } = scene([watchedResponse(404, cancelled)]);
    const response = await run();
    expect(cancelled).not.toHaveBeenCalled();
    await response.body?.cancel();
  });

  it('that breaks while it is discarded harms no call', async () => {
    const broken = watchedResponse(503, () => {
      throw new Error('broken');
    });
    expect((await scene([broken, 200]).run()).status).toBe(200);
  });

  it('is read for a rule by error code, from a copy', async () => {
    const body = { error: { code: 'busy' } };
    const rules = [{ name: 'busy', when: { errorCode: 'busy' }, policy: retry({ limit: 1 }) }];
    const { run, log } = scene(
      [
        { status: 409, json: body },
        { status: 409, json: body },
      ],
      { policies: { rules } },
    );
    expect(await (await run()).json()).toEqual(body);
    expect(log.lines).toContain('retry.scheduled 1: 409 → retry 1 of 1 in 335 ms (backoff)');
  });

  it('is not read where no such rule could match', async () => {
    const response = new Response('x', { status: 404 });
    const clone = vi.spyOn(response, 'clone');
    const rules = [{ when: { errorCode: 'busy', status: 409 }, policy: retry() }];
    await scene([response], { policies: { rules } }).run();
    expect(clone).not.toHaveBeenCalled();
  });
});

describe('a caller that aborts', () => {
  const reason = { any: 'reason' };

  it('before the first attempt gets the reason back', async () => {
    const { run, controller, log, clock } = scene([hang()]);
    controller.abort(reason);
    expect(await rejection(run())).toBe(reason);
    expect(log.lines).toEqual(['attempt.started 1', 'attempt.ended 1: ABORTED']);
    expect(clock.pending).toBe(0);
  });

  it('during an attempt gets the reason back, at once', async () => {
    const { send, controller, clock, call, transport } = scene([hang(), 200]);
    const sent = rejection(send());
    await clock.advance(10);
    controller.abort(reason);
    expect(await sent).toBe(reason);
    expect(call.decision?.because).toBe('cancelled');
    expect(transport.requests).toHaveLength(1);
  });

  it('during a wait gets the reason back, at once, and nothing more is sent', async () => {
    const { send, controller, clock, call, transport, log } = scene([503, 200]);
    const sent = rejection(send());
    await clock.advance(100);
    expect(clock.pending).toBe(1);
    controller.abort(reason);
    expect(await sent).toBe(reason);
    expect(clock.pending).toBe(0);
    await clock.advance(10_000);
    expect(transport.requests).toHaveLength(1);
    expect(call.decision).toMatchObject({
      action: 'fail',
      because: 'cancelled',
      reason: '503 → retry 1 of 2 in 250 ms (backoff); the caller gave up',
    });
    expect(log.lines.at(-1)).toBe('retry.scheduled 1: 503 → retry 1 of 2 in 250 ms (backoff)');
  });

  it('while a failed answer is weighed gets the reason back, and the answer is released', async () => {
    const cancelled = vi.fn();
    const { send, controller, clock, log } = scene([watchedResponse(503, cancelled), 200], {
      settings: {
        hooks: {
          describe: () => Promise.reject(new Error('unasked')),
          shouldRetry: () =>
            new Promise((resolve) => controller.signal.addEventListener('abort', () => resolve(undefined))),
        },
      },
    });
    const sent = rejection(send());
    await clock.advance(0);
    controller.abort(reason);
    expect(await sent).toBe(reason);
    expect(cancelled).toHaveBeenCalledOnce();
    expect(log.lines).toEqual(['attempt.started 1', 'attempt.ended 1: 503']);
  });

  it('leaves no listener on the signal behind, however often it was waited for', async () => {
    const { run, controller } = scene(Array(9).fill(503), { policies: { policies: { 503: retry({ limit: 8 }) } } });
    const added = vi.spyOn(controller.signal, 'addEventListener');
    const removed = vi.spyOn(controller.signal, 'removeEventListener');
    await run();
    expect(added).toHaveBeenCalledTimes(8);
    expect(removed).toHaveBeenCalledTimes(8);
  });
});

describe('the deadline around it', () => {
  it('fails a wait that would not fit, at once', async () => {
    const { run, log, clock } = scene([{ status: 503, headers: { 'retry-after': '5' } }], {
      settings: { totalTimeout: 4000 },
    });
    expect((await run()).status).toBe(503);
    expect(clock.now()).toBe(0);
    expect(log.lines.at(-1)).toBe('retry.denied 1: 503 → fail: a wait of 5500 ms is more than the 4000 ms left');
  });

  it('that passes during a wait is what the decision says', async () => {
    const { clock, call, context, transport } = scene([503, 200], { settings: { totalTimeout: 100_000 } });
    const ring = retryRing();
    const tight = { ...context, settings: { ...context.settings, totalTimeout: 200 } };
    const sent = deadline().execute(
      new Request('https://api.example.com/'),
      // This deadline makes the ring assume more time than the call has.
      (request, inner) =>
        ring.execute(request, (sending) => transport(sending), { ...inner, settings: context.settings }),
      tight,
    );
    expect(await rejection(clock.run(sent))).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await clock.advance(0);
    expect(call.decision).toMatchObject({
      because: 'deadline',
      reason: '503 → retry 1 of 2 in 250 ms (backoff); the time for the whole call was up first',
    });
    expect(clock.pending).toBe(0);
  });
});

describe('the budget', () => {
  it('gives one grant for all retries of a call', async () => {
    const policies = { policies: { 503: retry({ limit: 9, backoff: constantBackoff({ delayMs: 0 }) }) } };
    const { run, log } = scene([...Array(9).fill(503), 200], {
      policies,
      ring: (clock) => ({ budget: retryBudget({}, clock) }),
    });
    expect((await run()).status).toBe(200);
    expect(log.lines.filter((line) => line.startsWith('retry'))).toHaveLength(9);
  });

  it('makes a retry without a token wait for a second, and says so, where calls have timed out and nothing retries', async () => {
    const policies = { policies: { 503: retry({ limit: 9, backoff: constantBackoff({ delayMs: 0 }) }) } };
    const budgetOf = (clock: ManualClock): RetryBudget => {
      const budget = retryBudget({}, clock);
      budget.earn('https://api.example.com');
      for (let retry = 0; retry < 2; retry++) budget.spend('https://api.example.com');
      budget.lineOf('https://api.example.com').callFailed({ isTimeout: true });
      return budget;
    };
    const { run, log, clock } = scene([503], { policies, ring: (clock) => ({ budget: budgetOf(clock) }) });
    expect((await run()).status).toBe(503);
    expect(clock.now()).toBe(1000);
    expect(clock.pending).toBe(0);
    expect(log.lines.filter((line) => line.startsWith('retry'))).toEqual([
      'retry.waiting 1: 503 → retry 1 of 9 in 0 ms (backoff), if the retries under way are answered: the retry budget of this origin is spent',
      'retry.denied 1: 503 → fail: the retry budget of this origin is spent, after 1000 ms of waiting for other retries',
    ]);
  });

  it('is filled by an answer, whatever it says, and by nothing else', async () => {
    const tokensAfter = async (script: Parameters<typeof scene>[0]): Promise<number> => {
      const clock = new ManualClock();
      const budget = retryBudget({}, clock);
      for (let retry = 0; retry < 2; retry++) budget.spend('https://api.example.com');
      const policies = { policies: { 503: failFast(), timeout: failFast(), network: failFast() } };
      await scene(script, { policies, ring: { budget } })
        .run()
        .catch(() => undefined);
      return budget.tokens('https://api.example.com');
    };
    expect(await tokensAfter([200])).toBe(2);
    expect(await tokensAfter([404])).toBe(2);
    expect(await tokensAfter([503])).toBe(0);
    expect(await tokensAfter([networkFailureOf('ECONNRESET')])).toBe(0);
  });

  it('gives a grant for one retry after a timeout, once the server has answered', async () => {
    const retriesOf = async (answers: number): Promise<number> => {
      const policies = { policies: { 504: retry({ limit: 8, backoff: constantBackoff({ delayMs: 0 }) }) } };
      const ring = (clock: ManualClock): { budget: RetryBudget } => {
        const budget = retryBudget({}, clock);
        for (let answer = 0; answer < answers; answer++) budget.earn('https://api.example.com');
        return { budget };
      };
      const { run, transport } = scene(Array(9).fill(504), { policies, ring });
      await run();
      return transport.requests.length - 1;
    };
    expect(await retriesOf(0)).toBe(8);
    expect(await retriesOf(1)).toBe(1);
  });

  it('lets a client that calls seldom have its retries, again and again, as long as they help', async () => {
    const budget = retryBudget({}, new ManualClock());
    const policies = { policies: { 503: retry({ backoff: constantBackoff({ delayMs: 0 }) }) } };
    for (let call = 0; call < 10; call++) {
      expect((await scene([503, 503, 200], { policies, ring: { budget } }).run()).status).toBe(200);
    }
  });

  it('pays nothing for a refused connection', async () => {
    const script = Array(9).fill(networkFailureOf('ECONNREFUSED'));
    const policies = { policies: { network: retry({ limit: 8, backoff: constantBackoff({ delayMs: 0 }) }) } };
    const budget = retryBudget({}, new ManualClock());
    const { run, transport } = scene(script, { policies, ring: { budget } });
    await rejection(run());
    expect(transport.requests).toHaveLength(9);
    expect(budget.tokens('https://api.example.com')).toBe(2);
  });
});

describe('a client inside', () => {
  it('that has given up on an answer is not asked again', async () => {
    const response = new Response(null, { status: 503 });
    markFinal(response);
    const { run, log } = scene([response, 200]);
    expect(await run()).toBe(response);
    expect(log.lines.at(-1)).toBe('retry.denied 1: 503 → fail: a client inside this one has retried it already');
  });

  it('that has given up with an error is not asked again', async () => {
    const inner = scene([networkFailureOf('ECONNRESET')], { policies: { policies: { network: failFast() } } });
    const thrown = await rejection(inner.run());
    const { run, transport } = scene([() => Promise.reject(thrown), 200]);
    expect(await rejection(run())).toBe(thrown);
    expect(transport.requests).toHaveLength(1);
  });
});
