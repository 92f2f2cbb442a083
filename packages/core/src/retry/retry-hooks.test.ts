import { describe, expect, it, vi } from 'vitest';
import { isResilienceError } from '../errors/resilience-error.ts';
import type { Outcome } from '../kernel/outcome.ts';
import { retry } from '../policy/policies.ts';
import { hang, networkFailureOf } from '../testing/scripted-transport.ts';
import type { ForcedRetry, RetryHooks } from './hooks.ts';
import { rejection, type SceneOptions, scene, watchedResponse } from './ring.test-support.ts';

const described = new Error('described');
const hooks = (given: Partial<RetryHooks>): RetryHooks => ({ describe: async () => described, ...given });
const hooked = (given: Partial<RetryHooks>, more: SceneOptions = {}): SceneOptions => ({
  ...more,
  settings: { ...more.settings, hooks: hooks(given) },
});
const again = (given: Partial<ForcedRetry> = {}): ForcedRetry => ({
  kind: 'forcedRetry',
  error: new Error('again'),
  ...given,
});

describe('afterResponse', () => {
  it('sees each answer, with the number of retries so far', async () => {
    const seen: string[] = [];
    const afterResponse = async (response: Response, request: Request, retries: number): Promise<Response> => {
      seen.push(`${request.method} ${response.status} ${retries}`);
      return response;
    };
    await scene([503, 200], hooked({ afterResponse })).run();
    expect(seen).toEqual(['GET 503 0', 'GET 200 1']);
  });

  it('may replace the answer, before it is judged', async () => {
    const replacement = new Response('better');
    const { run, log } = scene([503], hooked({ afterResponse: async () => replacement }));
    expect(await run()).toBe(replacement);
    expect(log.lines).toEqual(['attempt.started 1', 'attempt.ended 1: 200']);
  });

  it('that gives nothing leaves the answer', async () => {
    const { run } = scene([200], hooked({ afterResponse: async () => undefined as never }));
    expect((await run()).status).toBe(200);
  });

  it('may ask for a retry of any answer, which is released', async () => {
    const cancelled = vi.fn();
    let asked = 0;
    const afterResponse = async (response: Response): Promise<Response | ForcedRetry> =>
      asked++ === 0 ? again({ delayMs: 40 }) : response;
    const { run, log, clock } = scene([watchedResponse(200, cancelled), 200], hooked({ afterResponse }));
    await run();
    expect(cancelled).toHaveBeenCalledOnce();
    expect(clock.now()).toBe(40);
    expect(log.lines[2]).toBe('retry.scheduled 1: 200 → retry 1 of 2 in 40 ms (asked for by a hook)');
  });

  it('can’t ask without end', async () => {
    const wanted = again();
    const { run, transport, log } = scene([200, 200, 200], hooked({ afterResponse: async () => wanted }));
    expect(await rejection(run())).toBe(wanted.error);
    expect(transport.requests).toHaveLength(3);
    expect(log.lines.at(-1)).toBe('retry.denied 3: 200 → fail: all 2 retries are used up');
  });

  it('may send another request instead', async () => {
    let asked = 0;
    const request = new Request('https://api.example.com/other', { method: 'POST', body: 'new' });
    const afterResponse = async (response: Response): Promise<Response | ForcedRetry> =>
      asked++ === 0 ? again({ request }) : response;
    const { run, transport } = scene([200, 200], hooked({ afterResponse }));
    await run();
    expect(transport.requests[1]).toMatchObject({ method: 'POST', url: 'https://api.example.com/other', body: 'new' });
  });

  it('that throws ends the call with its error, and the answer is released', async () => {
    const cancelled = vi.fn();
    const thrown = new Error('mine');
    const { run, transport } = scene(
      [watchedResponse(503, cancelled), 200],
      hooked({ afterResponse: () => Promise.reject(thrown) }),
    );
    expect(await rejection(run())).toBe(thrown);
    expect(cancelled).toHaveBeenCalledOnce();
    expect(transport.requests).toHaveLength(1);
  });

  it('is not asked where there was no answer', async () => {
    const afterResponse = vi.fn();
    await rejection(scene(Array(3).fill(networkFailureOf('ECONNRESET')), hooked({ afterResponse })).run());
    expect(afterResponse).not.toHaveBeenCalled();
  });
});

describe('a retry asked for before anything was sent', () => {
  it('is the first thing that is sent, and counts as a retry', async () => {
    const { run, log, transport } = scene([200], hooked({ forced: again({ delayMs: 10 }) }));
    expect((await run()).status).toBe(200);
    expect(transport.requests).toHaveLength(1);
    expect(log.lines).toEqual([
      'retry.scheduled 1: 200 → retry 1 of 2 in 10 ms (asked for by a hook)',
      'attempt.started 2',
      'attempt.ended 2: 200',
    ]);
  });
});

describe('shouldRetry', () => {
  it('is asked about each failure, with the number of the retry that it would be', async () => {
    const asked: unknown[] = [];
    const shouldRetry = async (outcome: Outcome, _request: Request, retryCount: number): Promise<undefined> => {
      asked.push([outcome.kind === 'response' ? outcome.status : outcome.code, retryCount]);
      return undefined;
    };
    await scene([503, networkFailureOf('ECONNRESET'), 200], hooked({ shouldRetry })).run();
    expect(asked).toEqual([
      [503, 1],
      ['NETWORK', 2],
    ]);
  });

  it('orders a retry', async () => {
    let asked = 0;
    const { run, transport } = scene([404, 404, 200], hooked({ shouldRetry: async () => ++asked > 0 }));
    expect((await run()).status).toBe(200);
    expect(transport.requests).toHaveLength(3);
  });

  it('forbids one', async () => {
    const { run, log } = scene([503, 200], hooked({ shouldRetry: async () => false }));
    expect((await run()).status).toBe(503);
    expect(log.lines).toHaveLength(2);
  });

  it('that throws ends the call with its error', async () => {
    const thrown = new Error('mine');
    const { run } = scene([503, 200], hooked({ shouldRetry: () => Promise.reject(thrown) }));
    expect(await rejection(run())).toBe(thrown);
  });

  it('is not asked about what a hook wants to have again', async () => {
    const shouldRetry = vi.fn();
    let asked = 0;
    const afterResponse = async (response: Response): Promise<Response | ForcedRetry> =>
      asked++ === 0 ? again() : response;
    await scene([404, 200], hooked({ shouldRetry, afterResponse })).run();
    expect(shouldRetry).not.toHaveBeenCalled();
  });
});

describe('beforeRetry', () => {
  it('is asked after the wait, with the error that was described before it', async () => {
    const order: string[] = [];
    const { send, clock } = scene(
      [503, 200],
      hooked({
        describe: async (failure) => {
          order.push(`described at ${clock.now()}: ${'status' in failure ? failure.status : failure.kind}`);
          return described;
        },
        beforeRetry: async (error, request, retryCount) => {
          order.push(`asked at ${clock.now()}: ${error.message} ${request.method} ${retryCount}`);
          return undefined;
        },
      }),
    );
    await clock.run(send());
    expect(order).toEqual(['described at 0: 503', 'asked at 250: described GET 1']);
  });

  it('may change the request’s headers', async () => {
    const beforeRetry = async (_error: Error, request: Request, retryCount: number): Promise<undefined> => {
      request.headers.set('x-retry', String(retryCount));
    };
    for (const given of [
      {},
      { method: 'PUT', body: 'x' },
      { request: new Request('https://api.example.com/', { method: 'PUT', body: 'x' }) },
    ]) {
      const { run, transport } = scene([503, 503, 200], hooked({ beforeRetry }, given));
      await run();
      expect(transport.requests.map(({ headers }) => headers['x-retry'])).toEqual([undefined, '1', '2']);
    }
  });

  it('gets a request whose body is still whole, and may make another one of it', async () => {
    const beforeRetry = async (_error: Error, request: Request, retryCount: number): Promise<Request> =>
      new Request(`${request.url}?retry=${retryCount}`, request);
    for (const given of [
      { method: 'PUT', body: 'payload' },
      { request: new Request('https://api.example.com/orders/42', { method: 'PUT', body: 'payload' }) },
    ]) {
      const { run, transport } = scene([503, 503, 200], hooked({ beforeRetry }, given));
      expect((await run()).status).toBe(200);
      expect(transport.requests.map(({ body }) => body)).toEqual(['payload', 'payload', 'payload']);
      expect(transport.requests[2]?.url).toBe('https://api.example.com/orders/42?retry=1?retry=2');
    }
  });

  it('may return the request that it was shown', async () => {
    const beforeRetry = async (_error: Error, request: Request): Promise<Request> => request;
    const { run, transport } = scene([503, 503, 200], hooked({ beforeRetry }, { method: 'PUT', body: 'payload' }));
    expect((await run()).status).toBe(200);
    expect(transport.requests.map(({ body }) => body)).toEqual(['payload', 'payload', 'payload']);
  });

  it('may answer in the place of the next attempt', async () => {
    const answer = new Response('made up');
    const { run, transport, log } = scene([503, 200], hooked({ beforeRetry: async () => answer }));
    expect(await run()).toBe(answer);
    expect(transport.requests).toHaveLength(1);
    expect(log.lines.at(-1)).toBe('retry.scheduled 1: 503 → retry 1 of 2 in 250 ms (backoff)');
  });

  it.each([new Error('stop'), Symbol('stop'), undefined])('that throws %o ends the call with that', async (thrown) => {
    const { run, transport, call, clock } = scene([503, 200], hooked({ beforeRetry: () => Promise.reject(thrown) }));
    expect(await rejection(run())).toBe(thrown);
    expect(transport.requests).toHaveLength(1);
    expect(call.decision).toMatchObject({ action: 'fail', because: 'policy' });
    expect(clock.pending).toBe(0);
  });

  it('is shown what a hook asked for', async () => {
    const shown: unknown[] = [];
    const wanted = again();
    let asked = 0;
    const describe = async (failure: Outcome | ForcedRetry): Promise<Error> => {
      shown.push(failure);
      return described;
    };
    const afterResponse = async (response: Response): Promise<Response | ForcedRetry> =>
      asked++ === 0 ? wanted : response;
    await scene([200, 200], hooked({ describe, afterResponse, beforeRetry: async () => undefined })).run();
    expect(shown).toEqual([wanted]);
  });

  it('that the error can’t be described for ends the call', async () => {
    const thrown = new Error('mine');
    const cancelled = vi.fn();
    const { run } = scene(
      [watchedResponse(503, cancelled), 200],
      hooked({ describe: () => Promise.reject(thrown), beforeRetry: async () => undefined }),
    );
    expect(await rejection(run())).toBe(thrown);
    expect(cancelled).toHaveBeenCalledOnce();
  });

  it('is not asked before the first attempt, nor after the last', async () => {
    const beforeRetry = vi.fn(async () => undefined);
    await scene([503], hooked({ beforeRetry }, { policies: { policies: { 503: retry({ limit: 0 }) } } })).run();
    expect(beforeRetry).not.toHaveBeenCalled();
  });
});

describe('credentials', () => {
  const keeper = (refreshFor: () => Promise<void>, sent = true) => ({
    header: 'authorization',
    refreshable: true,
    canRefreshFor: () => sent,
    isFreshlyRefused: () => false,
    refused: () => undefined,
    refreshFor,
  });

  it('are refreshed between two attempts, without a wait, a token or a retry', async () => {
    const refreshFor = vi.fn(async () => undefined);
    const beforeRetry = vi.fn(async () => undefined);
    const { run, log, clock } = scene(
      [401, 503, 503, 200],
      hooked({ beforeRetry }, { ring: { credentials: keeper(refreshFor) } }),
    );
    expect((await run()).status).toBe(200);
    expect(refreshFor).toHaveBeenCalledOnce();
    expect(beforeRetry).toHaveBeenCalledTimes(2);
    expect(clock.now()).toBe(920);
    expect(log.lines.filter((line) => line.startsWith('retry'))).toEqual([
      'retry.scheduled 2: 503 → retry 1 of 2 in 250 ms (backoff)',
      'retry.scheduled 3: 503 → retry 2 of 2 in 670 ms (backoff)',
    ]);
  });

  it('are refreshed once in a call', async () => {
    const { run, log } = scene([401, 401], { ring: { credentials: keeper(async () => undefined) } });
    expect((await run()).status).toBe(401);
    expect(log.lines.at(-1)).toBe('retry.denied 2: 401 → fail: refused again after a refresh');
  });

  it('that the caller has set are not refreshed', async () => {
    const refreshFor = vi.fn(async () => undefined);
    const { run, call } = scene([401], { ring: { credentials: keeper(refreshFor, false) } });
    expect((await run()).status).toBe(401);
    expect(refreshFor).not.toHaveBeenCalled();
    expect(call.decision?.because).toBe('noCredentials');
  });

  it('are refreshed after the answer was released, for a body that is sent again', async () => {
    const cancelled = vi.fn();
    const refreshFor = vi.fn(async () => expect(cancelled).toHaveBeenCalledOnce());
    const options = { method: 'POST', body: 'payload', ring: { credentials: keeper(refreshFor) } };
    const { run, transport } = scene([watchedResponse(401, cancelled), 200], options);
    expect((await run()).status).toBe(200);
    expect(transport.requests.map(({ body }) => body)).toEqual(['payload', 'payload']);
  });

  it('that can’t be had end the call with that error', async () => {
    const thrown = new Error('refused');
    const { run, call } = scene([401, 200], { ring: { credentials: keeper(() => Promise.reject(thrown)) } });
    expect(await rejection(run())).toBe(thrown);
    expect(call.decision).toMatchObject({
      action: 'fail',
      reason: '401 → refresh the credentials, then send it again; it failed',
    });
  });

  it('that are being refreshed do not hold a caller that aborts', async () => {
    const { send, controller, clock, call } = scene([401, hang()], {
      ring: {
        credentials: keeper(
          () =>
            new Promise((_resolve, reject) =>
              controller.signal.addEventListener('abort', () => reject(controller.signal.reason)),
            ),
        ),
      },
    });
    const sent = rejection(send());
    await clock.advance(0);
    controller.abort('enough');
    expect(await sent).toBe('enough');
    expect(isResilienceError(await sent)).toBe(false);
    expect(call.decision?.because).toBe('cancelled');
  });
});
