import { resilienceErrorOf } from 'holdfast';
import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { rejection } from '../support/scripted.ts';
import { sdks } from './all.ts';
import type { Fault } from './flaky-service.ts';
import { openai } from './openai.ts';
import { portrait, withoutChance } from './portrait.ts';
import type { Sdk } from './sdk.ts';
import { keepingRequests, onClient, onPlatform } from './world.ts';

const busy: Fault = { status: 429, headers: { 'retry-after': '0.02' } };
const moving: Fault = { status: 503, headers: { 'retry-after': '0.02' } };

/** The SDK's result if nothing fails. */
const answerOf = async (sdk: Sdk, verb: 'read' | 'write'): Promise<unknown> =>
  portrait(await (await onPlatform(sdk)).face[verb]());

const withoutPorts = (told: unknown): string => JSON.stringify(told).replaceAll(/127\.0\.0\.1:\d+/g, '[host]');

describe.for(sdks.filter(({ reads }) => reads === 'GET'))('$name reads', (sdk) => {
  test.for<readonly [string, ...Fault[]]>([
    ['a 500', 500],
    ['two 503', 503, 503],
    ['a 429 with Retry-After', busy],
    ['a reset', 'reset'],
    ['a reset, then a 502', 'reset', 502],
  ])('through %s, where plain fetch does not', async ([, ...faults]) => {
    const platform = await onPlatform(sdk);
    platform.service.faults.push(...faults);
    expect(await rejection(platform.face.read())).toBeInstanceOf(Error);

    const { face, service } = await onClient(sdk);
    service.faults.push(...faults);
    expect(withoutPorts(await portrait(await face.read()))).toBe(withoutPorts(await answerOf(sdk, 'read')));
    expect(service.calls.map(({ method }) => method)).toEqual(['GET', ...faults.map(() => 'GET')]);
  });

  test('through a server that never answers, attempt by attempt', async () => {
    const { face, service } = await onClient(sdk, { timeout: 200 });
    service.faults.push('silence');
    await face.read();
    expect(service.calls).toHaveLength(2);
  });
});

describe.for(sdks)('$name writes', (sdk) => {
  test.for<readonly [string, Fault]>([
    ['429 with Retry-After', busy],
    ['503 with Retry-After', moving],
  ])('through a %s, since the server did nothing, and waits as long as it asks', async ([, fault]) => {
    const { face, service, api } = await onClient(sdk, keepingRequests(sdk));
    const waits: number[] = [];
    api.on('retry.scheduled', ({ delayMs }) => waits.push(delayMs));
    service.faults.push(fault);
    expect(withoutPorts(await portrait(await face.write()))).toBe(withoutPorts(await answerOf(sdk, 'write')));
    expect(service.calls).toHaveLength(2);
    expect(waits).toEqual([20]);
  });

  test.for<Fault>([500, 'reset'])('through a %s, where each attempt carries the same key', async (fault) => {
    const { face, service } = await onClient(sdk, { idempotencyKeys: !sdk.sendsKeys });
    service.faults.push(fault, fault);
    expect(withoutPorts(await portrait(await face.write()))).toBe(withoutPorts(await answerOf(sdk, 'write')));
    const keys = service.calls.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toEqual([expect.stringMatching(/[0-9a-f-]{36}$/), keys[0], keys[0]]);
    const bodies = service.calls.map(({ body }) => withoutChance(body.toString()));
    expect(new Set(bodies).size).toBe(1);
  });
});

describe.for(sdks.filter(({ sendsKeys }) => !sendsKeys))('$name writes', (sdk) => {
  test.for<Fault>([500, 502, 503, 504, 'reset'])(
    'once, where a %s leaves it open what the server did',
    async (fault) => {
      const { face, service } = await onClient(sdk);
      service.faults.push(fault, fault);
      expect(await rejection(face.write())).toBeInstanceOf(Error);
      expect(service.calls).toHaveLength(1);
    },
  );
});

describe.for(sdks.filter(({ sendsRequests }) => sendsRequests))('$name writes', (sdk) => {
  test('once, whatever happens, unless a policy or a key says beforehand that it may be sent again', async () => {
    const { face, service, api } = await onClient(sdk);
    const reasons: string[] = [];
    api.on('retry.denied', ({ decision }) => reasons.push(decision.reason));
    service.faults.push(busy);
    expect(await rejection(face.write())).toMatchObject({ response: { status: 429 } });
    expect(service.calls).toHaveLength(1);
    expect(reasons).toEqual(['429 → fail: its body is a stream that can be sent only once']);
  });
});

test("a call with a key of the SDK's user's own is safe, and keeps it", async () => {
  const { service, api } = await onClient(openai);
  const ai = new OpenAI({ baseURL: `${service.origin}/v1`, apiKey: 'sk-own', maxRetries: 0, fetch: api.fetch });
  service.faults.push(500);
  const question = { model: 'm', messages: [] };
  await ai.chat.completions.create(question, { headers: { 'Idempotency-Key': 'question-7' } });
  expect(service.calls.map(({ headers }) => headers['idempotency-key'])).toEqual(['question-7', 'question-7']);
});

describe.for(sdks)('$name, where no answer comes at all,', (sdk) => {
  test.for<Fault>(['reset', 'silence'])('fails with its own error after a %s, and ours is its cause', async (fault) => {
    const { face, service } = await onClient(sdk, { retry: 0, timeout: 200 });
    service.faults.push(fault);
    const error = await rejection(face.read());
    const ours = new Set(causes(error).flatMap((one) => resilienceErrorOf(one) ?? []));
    expect([...ours]).toMatchObject([
      fault === 'reset' ? { code: 'NETWORK', reason: 'ECONNRESET' } : { code: 'ATTEMPT_TIMEOUT', limitMs: 200 },
    ]);
  });
});

test("openai takes the client's limits of time for what they are", async () => {
  for (const limit of [{ timeout: 100 }, { totalTimeout: 100 }]) {
    const { face, service } = await onClient(openai, { ...limit, retry: 0 });
    service.faults.push('silence');
    expect(await rejection(face.read())).toBeInstanceOf(OpenAI.APIConnectionTimeoutError);
  }
});

/** An error and its causes, under any member name. */
function causes(error: unknown): readonly unknown[] {
  if (!(error instanceof Error)) return [];
  const { cause, detail } = error as { cause?: unknown; detail?: unknown };
  return [error, ...causes(cause ?? detail)];
}
