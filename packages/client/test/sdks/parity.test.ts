import { describe, expect, test } from 'vitest';
import { until } from '../support/scripted.ts';
import { sdks } from './all.ts';
import { portrait, withoutChance } from './portrait.ts';
import type { Face } from './sdk.ts';
import { onClient, onPlatform, type World } from './world.ts';

/** What the SDK's user saw, and what the server saw. */
async function told({ service, face }: World, ask: (face: Face) => Promise<unknown>): Promise<unknown> {
  const ended = await ask(face).then(
    async (value) => ({ value: await portrait(value) }),
    async (error) => ({ error: await portrait(error) }),
  );
  const calls = service.calls.map(({ method, path, headers, body }) => ({
    ...{ method, path, headers },
    body: withoutChance(body.toString()),
  }));
  const { origin } = service;
  return JSON.parse(JSON.stringify(await portrait({ ended, calls })).replaceAll(new URL(origin).host, '[host]'));
}

/**
 * What the user sees, except the cause and the details of a TypeError, because with Holdfast these are the typed error
 * and its code.
 */
function wordsOf(told: unknown): unknown {
  return JSON.parse(JSON.stringify(told), (key, value) => {
    if (key === 'code' && value === 'NETWORK') return undefined;
    return value?.class === 'TypeError' ? { class: value.class, name: value.name, message: value.message } : value;
  });
}

describe.for(sdks)('$name, where nothing fails,', (sdk) => {
  test.for(['read', 'write'] as const)('gives and sends the same: %s', async (verb) => {
    const platform = await told(await onPlatform(sdk), (face) => face[verb]());
    const client = await told(await onClient(sdk), (face) => face[verb]());
    expect(platform).toMatchObject({ ended: { value: expect.anything() }, calls: [{}] });
    expect(client).toEqual(platform);
  });

  test('gives and sends the same: 256 KiB', async () => {
    const text = '0123456789abcdef'.repeat(16 * 1024);
    const upload = (face: Face): Promise<unknown> => face.upload(text);
    const platform = await told(await onPlatform(sdk), upload);
    expect(JSON.stringify(platform)).toContain('cb8690e393200318a9f52ec1ea9c05cc48ea63eae57be5bb36ae4388f08270bb');
    expect(await told(await onClient(sdk), upload)).toEqual(platform);
  });

  test.for([400, 401, 403, 404, 409, 422])('reports a %i in the same words', async (status) => {
    const platform = await onPlatform(sdk);
    const client = await onClient(sdk);
    for (const { service } of [platform, client]) service.faults.push(status, status);
    for (const verb of ['read', 'write'] as const) {
      const expected = await told(platform, (face) => face[verb]());
      expect(expected).toMatchObject({ ended: { error: { message: expect.any(String) } } });
      expect(await told(client, (face) => face[verb]())).toEqual(expected);
    }
  });

  test('gives the same result where a body is cut short, in the words of the platform', async () => {
    const platform = await onPlatform(sdk);
    const client = await onClient(sdk);
    for (const { service } of [platform, client]) service.faults.push('cut');
    // Not every SDK reports an error: Octokit treats this answer as an empty body.
    expect(wordsOf(await told(client, (face) => face.read()))).toEqual(
      wordsOf(await told(platform, (face) => face.read())),
    );
  });

  // Stripe's takes no signal.
  const aborts = sdk.takesNoSignal ? [] : ['reports an abort in the same words'];
  test.each(aborts)('%s', async () => {
    const toldOf = async (world: World): Promise<unknown> => {
      world.service.faults.push('silence');
      const leaving = new AbortController();
      return told(world, async (face) => {
        const reading = face.read(leaving.signal);
        reading.catch(() => {});
        await until(() => world.service.calls.length > 0);
        leaving.abort();
        return reading;
      });
    };
    const expected = await toldOf(await onPlatform(sdk));
    expect(expected).toMatchObject({ ended: { error: { message: expect.any(String) } }, calls: [{}] });
    expect(await toldOf(await onClient(sdk))).toEqual(expected);
  });

  test('hands a stream on piece by piece', async () => {
    for (const { service, face } of [await onPlatform(sdk), await onClient(sdk)]) {
      await face.stream(service.pieces.taken, new AbortController().signal);
      expect(service.pieces.log).toEqual(['sent one', 'read one', 'sent two', 'read two', 'sent three', 'read three']);
    }
  });

  test('ends a stream that was left in the middle, and the server learns of it', async () => {
    for (const { service, face } of [await onPlatform(sdk), await onClient(sdk)]) {
      const enough = new AbortController();
      const reading = face.stream((piece) => {
        if (piece === 'two') enough.abort();
        if (piece === 'one') service.pieces.taken(piece);
      }, enough.signal);
      await reading.catch(() => {});
      await service.pieces.untilCutOff;
      expect(service.pieces.log).toEqual(['sent one', 'read one', 'sent two']);
    }
  });
});

describe.for(sdks)('$name, where the server goes on failing,', (sdk) => {
  test.for([500, 502, 503, 429])('reports the last %i in the same words as the first', async (status) => {
    const platform = await onPlatform(sdk);
    platform.service.faults.push(status);
    const { ended } = (await told(platform, (face) => face.read())) as { ended: unknown };

    const client = await onClient(sdk, { retry: { delay: () => 1 }, retryBudget: false });
    client.service.faults.push(status, status, status);
    expect(await told(client, (face) => face.read())).toMatchObject({ ended });
    expect(client.service.calls).toHaveLength(sdk.reads === 'GET' || status === 429 ? 3 : 1);
  });
});
