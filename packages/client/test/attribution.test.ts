import { hang } from '@holdfast/core/testing';
import {
  AttemptTimeoutError,
  createResilientClient,
  DeadlineExceededError,
  isResilienceError,
  resilienceErrorOf,
  retry,
  type Strategy,
} from 'holdfast';
import { TimeoutError } from 'ky';
import { describe, expect, test } from 'vitest';
import { rejection, scripted, until } from './support/scripted.ts';

test('an attempt that takes too long is an AttemptTimeoutError with its limit', async () => {
  const { api, clock } = scripted([hang()], { timeout: 700, retry: 0 });
  const error = await clock.run(rejection<AttemptTimeoutError>(api.get('x')));
  expect(error).toBeInstanceOf(AttemptTimeoutError);
  expect(error).toMatchObject({ code: 'ATTEMPT_TIMEOUT', limitMs: 700, applied: 'unknown' });
  expect(clock.now()).toBe(700);
  expect(clock.pending).toBe(0);
});

describe.for([
  ['the platform’s', () => new DOMException('signal timed out', 'TimeoutError')],
  ['ky’s', () => new TimeoutError(new Request('https://api.example.com/'))],
  ['another library’s', () => Object.assign(new Error('too slow'), { name: 'TimeoutError' })],
] as const)('%s TimeoutError that a given fetch throws', ([, made]) => {
  test('is the timeout of an attempt: retried where that is safe, and typed', async () => {
    const causes = [made(), made(), made()];
    const { api, clock, transport } = scripted(causes);
    const error = await clock.run(rejection<AttemptTimeoutError>(api.get('x')));
    expect(error).toBeInstanceOf(AttemptTimeoutError);
    expect(error).toMatchObject({ code: 'ATTEMPT_TIMEOUT', limitMs: 0, applied: 'unknown' });
    expect(error.message).toMatch(/^GET .* timed out in the given fetch after 0 ms/);
    const { name, message } = error.cause as Error;
    expect([transport.requests.length, name, message]).toEqual([3, 'TimeoutError', causes[2]?.message]);
  });

  test('is not retried where that is not safe, or where `retryOnTimeout` says so', async () => {
    const { api, clock, transport } = scripted([made(), made()]);
    expect(await clock.run(rejection(api.post('x')))).toMatchObject({ code: 'ATTEMPT_TIMEOUT' });
    const retry = { retryOnTimeout: false };
    expect(await clock.run(rejection(api.get('x', { retry })))).toMatchObject({ code: 'ATTEMPT_TIMEOUT' });
    expect(transport.requests).toHaveLength(2);
  });

  test('is the cause of the cause of fetch’s TypeError, and typed where a transport throws it', async () => {
    const { api, clock } = scripted([made()], { retry: 0 });
    const error = await clock.run(rejection(api.fetch('https://api.example.com/')));
    expect([error.name, resilienceErrorOf(error)?.code]).toEqual(['TypeError', 'ATTEMPT_TIMEOUT']);
    const transport = () =>
      new Promise<void>((resolve) => clock.setTimer(resolve, 70)).then(() => Promise.reject(made()));
    const own = createResilientClient({ transport, clock, retry: 0 });
    expect(await clock.run(rejection(own.get('https://api.example.com/')))).toMatchObject({ limitMs: 70 });
  });
});

test('a call that takes too long is a DeadlineExceededError with its limit and its history', async () => {
  const { api, clock } = scripted([hang(), hang(), hang()], { timeout: 700, totalTimeout: 1000 });
  const error = await clock.run(rejection<DeadlineExceededError>(api.get('x')));
  expect(error).toBeInstanceOf(DeadlineExceededError);
  expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED', limitMs: 1000 });
  expect(error.attempts.map(({ errorCode }) => errorCode)).toEqual(['ATTEMPT_TIMEOUT', 'DEADLINE_EXCEEDED']);
  expect(clock.now()).toBe(1000);
  expect(clock.pending).toBe(0);
});

test('an attempt timeout as long as the whole call is the deadline', async () => {
  const { api, clock } = scripted([hang()], { timeout: 1000, totalTimeout: 1000 });
  expect(await clock.run(rejection(api.get('x')))).toBeInstanceOf(DeadlineExceededError);
});

test('by default an attempt has ten seconds and a call thirty', async () => {
  const { api, clock } = scripted([hang(), hang(), hang()]);
  const error = await clock.run(rejection<DeadlineExceededError>(api.get('x')));
  expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED', limitMs: 30_000 });
  expect(error.attempts[0]?.durationMs).toBe(10_000);
});

test('a longer timeout makes the whole call three times as long', async () => {
  const { api, clock } = scripted([hang()], {
    timeout: 20_000,
    retry: { limit: 9, delay: () => 0, retryOnTimeout: true },
  });
  const once = await clock.run(rejection<AttemptTimeoutError>(api.get('x', { retry: 0 })));
  expect(once).toMatchObject({ code: 'ATTEMPT_TIMEOUT', limitMs: 20_000 });
  const { api: patient, clock: other } = scripted(Array(9).fill(hang()), {
    timeout: 20_000,
    retry: { limit: 9, delay: () => 0 },
    retryBudget: false,
  });
  expect(await other.run(rejection(patient.get('x')))).toMatchObject({ code: 'DEADLINE_EXCEEDED', limitMs: 60_000 });
});

test('a call with no time limits of its own waits for ever', async () => {
  const { api, clock, transport } = scripted([hang()], { timeout: false, totalTimeout: false });
  const controller = new AbortController();
  const failure = rejection(api.get('x', { signal: controller.signal }));
  await clock.advance(1_000_000_000);
  expect(transport.requests).toHaveLength(1);
  expect(clock.pending).toBe(0);
  controller.abort('enough');
  expect(await failure).toBe('enough');
});

test('a timeout of the client is clamped to a shorter whole call', async () => {
  const { api, clock } = scripted([hang()], { timeout: 5000 });
  expect(await clock.run(rejection(api.get('x', { totalTimeout: 1000 })))).toMatchObject({
    code: 'DEADLINE_EXCEEDED',
    limitMs: 1000,
  });
  expect(clock.now()).toBe(1000);
});

describe('a body shortcut of an answer that is there', () => {
  const body = [{ body: '{"id":1}' }];

  test('is refused, and its body discarded, when a totalTimeout of the user’s is up', async () => {
    for (const [ofClient, ofCall] of [
      [{ timeout: 1000, totalTimeout: 1000 }, {}],
      [{}, { timeout: false, totalTimeout: 1000 }],
    ] as const) {
      const shown: unknown[] = [];
      const beforeError = [({ error }: { readonly error: Error }) => void shown.push(error.name)] as never;
      const { api, clock, log } = scripted(body, { ...ofClient, hooks: { beforeError } });
      const call = api.get('x', ofCall);
      const response = await clock.run(call);
      await clock.advance(1000);
      expect(await clock.run(rejection(call.json()))).toMatchObject({ code: 'DEADLINE_EXCEEDED', limitMs: 1000 });
      expect([shown, response.bodyUsed, clock.pending]).toEqual([['TimeoutError'], true, 0]);
      expect(log.lines.at(-1)).toBe('call.ended: success after 1 attempt');
    }
  });

  test('gives what is there where the limit is the default, or the time not up', async () => {
    for (const [options, ms] of [
      [{}, 60_000],
      [{ timeout: 1000, totalTimeout: 1000 }, 999],
    ] as const) {
      const { api, clock } = scripted(body, options);
      const call = api.get('x');
      await clock.run(call);
      await clock.advance(ms);
      expect(await clock.run(call.json())).toEqual({ id: 1 });
    }
  });
});

test('within one object a timeout above totalTimeout is a contradiction', async () => {
  const options = { timeout: 2000, totalTimeout: 1000 };
  const message = /timeout must not be longer than totalTimeout \(1000\).*got 2000/;
  expect(() => createResilientClient(options)).toThrow(message);
  await expect(scripted([]).api.get('x', options)).rejects.toThrow(message);
  expect(() => scripted([]).api.extend(options)).toThrow(RangeError);
});

test("an abort is reported as the caller's, although a timeout would have followed", async () => {
  const { api, clock } = scripted([hang()], { timeout: 1000, totalTimeout: 1000 });
  const controller = new AbortController();
  const failure = rejection(api.get('x', { signal: controller.signal }));
  await clock.advance(999);
  const reason = new Error('the user closed the page');
  controller.abort(reason);
  expect(await failure).toBe(reason);
  expect(clock.pending).toBe(0);
});

test('a timeout is reported as ours, although the caller aborts after it', async () => {
  const { api, clock } = scripted([hang()], { timeout: 1000, retry: 0 });
  const controller = new AbortController();
  const failure = rejection(api.get('x', { signal: controller.signal }));
  await clock.advance(1000);
  controller.abort();
  expect(await failure).toBeInstanceOf(AttemptTimeoutError);
});

test('a transport that does not listen is not waited for', async () => {
  const hanging = () => new Promise<Response>(() => {});
  for (const options of [
    { timeout: 500, retry: 0 },
    { timeout: false, totalTimeout: 500 },
  ] as const) {
    const { api, clock } = scripted([hanging], options);
    expect(isResilienceError(await clock.run(rejection(api.get('x'))))).toBe(true);
    expect(clock.now()).toBe(500);
  }
});

test('a strategy, a hook or a transport that does not listen is left when the caller leaves, even without time limits', async () => {
  const never = () => new Promise<never>(() => {});
  const hanging: Strategy = { name: 'hanging', execute: never };
  const limits = { timeout: false, totalTimeout: false } as const;
  const scenes = [
    scripted([never], limits),
    scripted([], { ...limits, perCall: [hanging] }),
    scripted([], { ...limits, perAttempt: [hanging] }),
    scripted([200], { ...limits, hooks: { afterResponse: [never] } }),
    scripted([503], { ...limits, hooks: { beforeRetry: [never] } }),
    scripted([], { ...limits, hooks: { beforeRequest: [never] } }),
    scripted([503], { ...limits, retry: { shouldRetry: never } }),
    scripted([], { ...limits, auth: { header: 'authorization', get: never } }),
    scripted([401], { ...limits, auth: { header: 'authorization', get: () => 'Bearer x', refresh: never } }),
    scripted([404], { ...limits, fallback: never }),
    scripted([404], { ...limits, hooks: { beforeError: [never] } }),
  ];
  for (const { api, clock } of scenes) {
    const controller = new AbortController();
    const failure = rejection(api.get('x', { signal: controller.signal }));
    await clock.advance(1000);
    controller.abort('enough');
    expect(await clock.run(failure)).toBe('enough');
    expect(api.snapshot().callsInFlight).toBe(0);
  }
});

test('an answer that comes too late is discarded', async () => {
  let cancelled = false;
  const late = new Response(
    new ReadableStream({
      cancel() {
        cancelled = true;
      },
    }),
  );
  let answer: (response: Response) => void = () => {};
  const promise = new Promise<Response>((resolve) => {
    answer = resolve;
  });
  const { api, clock } = scripted([() => promise], { timeout: 500, retry: 0 });
  await clock.run(rejection(api.get('x')));
  answer(late);
  await until(() => cancelled);
});

test('the body of an answer that is retried is cancelled before the wait', async () => {
  let cancelledAt: number | undefined;
  const cancel = (): void => {
    cancelledAt = scene.clock.now();
  };
  const scene = scripted([() => new Response(new ReadableStream({ cancel }), { status: 503 }), 200]);
  await scene.clock.run(scene.api.get('x'));
  expect(cancelledAt).toBe(0);
  expect(scene.clock.now()).toBe(125);
});

test('a policy of a level above does not lengthen the time', async () => {
  const { api, clock } = scripted([hang(), hang()], { timeout: 300, totalTimeout: 500 });
  const error = await clock.run(rejection(api.get('x', { policies: { timeout: retry({ limit: 50 }) } })));
  expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  expect(clock.now()).toBe(500);
});
