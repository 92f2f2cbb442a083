import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { type Begun, scene } from './support/scene.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

interface Source {
  readonly response: Response;
  readonly isCancelled: boolean;
  /** How many bytes were read. */
  readonly pulled: number;
}

/** A body of this many bytes, one kibibyte at a time; without a number, a body that begins and does not continue. */
function source(bytes?: number): Source {
  let isCancelled = false;
  let pulled = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (bytes === undefined && pulled > 0) return;
      if (bytes !== undefined && pulled >= bytes) return controller.close();
      pulled += 1024;
      controller.enqueue(new Uint8Array(1024));
    },
    cancel() {
      isCancelled = true;
    },
  });
  return {
    response: new Response(body),
    get isCancelled() {
      return isCancelled;
    },
    get pulled() {
      return pulled;
    },
  };
}

const turns = async (count = 300): Promise<void> => {
  for (let left = count; left > 0; left--) await turn();
};

/** One call holds the only permit with its unread body; another call waits for it. */
async function twoCalls(body: Source) {
  const { begin, clock } = scene({ maxConcurrent: 1 });
  const holder = await begin();
  await holder.answer(body.response);
  const waiting = await begin();
  const later = async (ms = 100): Promise<void> => {
    for (let left = ms; left > 0; left -= 10) {
      await clock.advance(10);
      await turns(20);
    }
  };
  return { holder: holder as Begun & { readonly response: Response }, waiting, later, clock };
}

describe('an unread body, while another call waits for its permit,', () => {
  test('is over when it is short and has arrived, and can be read anyway', async () => {
    const { holder, waiting, later, clock } = await twoCalls(source(4096));
    expect(waiting.sentAt).toBeUndefined();
    await later(30);
    expect(waiting.sentAt).toBeLessThanOrEqual(20);
    expect(holder.response.bodyUsed).toBe(false);
    expect((await holder.response.arrayBuffer()).byteLength).toBe(4096);
    await waiting.answer();
    await clock.advance(100);
    expect(clock.pending).toBe(0);
  });

  test('keeps the permit when it is long, and no more of it is read ahead than 64 KiB', async () => {
    const body = source(1_000_000);
    const { holder, waiting, later } = await twoCalls(body);
    await later(1000);
    expect(waiting.sentAt).toBeUndefined();
    expect(body.pulled).toBeLessThan(70_000);
    expect((await holder.response.arrayBuffer()).byteLength).toBe(977 * 1024);
    await turns();
    expect(waiting.sentAt).toBeDefined();
  });

  test('keeps it while it goes on, also when its caller has begun meanwhile; to cancel it ends it for the server as well', async () => {
    const body = source();
    const { holder, waiting, later } = await twoCalls(body);
    await later();
    expect(waiting.sentAt).toBeUndefined();
    const reader = holder.response.body?.getReader();
    expect((await reader?.read())?.value).toHaveLength(1024);
    await turns();
    expect(waiting.sentAt).toBeUndefined();
    void reader?.cancel();
    await turns();
    expect([body.isCancelled, waiting.sentAt]).toEqual([true, 100]);
  });

  test('gives the permit back at its end, although a reader was taken that reads nothing, and that reader has all of it', async () => {
    const { holder, waiting, later } = await twoCalls(source(4096));
    const reader = holder.response.body?.getReader();
    await later();
    expect(waiting.sentAt).toBeDefined();
    let bytes = 0;
    for (let piece = await reader?.read(); !piece?.done; piece = await reader?.read()) bytes += 1024;
    expect(bytes).toBe(4096);
  });

  test.each<[string, number | undefined]>([
    ['that is long', 1_000_000],
    ['that does not go on', undefined],
  ])(
    '%s gives the permit back when nothing has asked for it for five seconds, and can be read then',
    async (_name, size) => {
      const body = source(size);
      const { holder, waiting, clock } = await twoCalls(body);
      const seconds = async (count: number): Promise<void> => {
        for (let left = count * 100; left > 0; left--) {
          await clock.advance(10);
          await turns(1);
        }
      };
      await seconds(4.9);
      expect(waiting.sentAt).toBeUndefined();
      await seconds(0.2);
      expect(waiting.sentAt).toBeDefined();
      const reader = holder.response.body?.getReader();
      let bytes = 0;
      for (let left = (size ?? 1024) / 1024; left > 0; left--) bytes += (await reader?.read())?.value?.byteLength ?? 0;
      expect(bytes).toBe(size === undefined ? 1024 : 977 * 1024);
      await reader?.cancel();
      expect(body.isCancelled).toBe(size === undefined);
    },
  );

  test('keeps the permit, however slow its reader is, once that has begun', async () => {
    const { holder, waiting, clock } = await twoCalls(source(1_000_000));
    const reader = holder.response.body?.getReader();
    for (let chunk = 0; chunk < 5; chunk++) await reader?.read();
    for (let left = 600; left > 0; left--) {
      await clock.advance(10);
      await turns(1);
    }
    expect(waiting.sentAt).toBeUndefined();
    for (let piece = await reader?.read(); !piece?.done; piece = await reader?.read());
    await clock.advance(10);
    expect(waiting.sentAt).toBeDefined();
  });

  test('that breaks gives the permit back', async () => {
    const broken = new ReadableStream({ pull: (controller) => controller.error(new Error('reset')) });
    const { holder, waiting, later } = await twoCalls({ ...source(), response: new Response(broken) });
    await later(30);
    expect(waiting.sentAt).toBeDefined();
    await expect(holder.response.text()).rejects.toThrow('reset');
  });

  test('gives it back when it is garbage, however long it is', async () => {
    const { begin, clock } = scene({ maxConcurrent: 1 });
    const forget = async (): Promise<void> => {
      await (await begin()).answer(source(1_000_000).response);
    };
    await forget();
    const waiting = await begin();
    await clock.advance(50);
    for (let round = 0; round < 50 && waiting.sentAt === undefined; round++) {
      collectGarbage();
      await turns(5);
    }
    expect(waiting.sentAt).toBeDefined();
  });
});

test('while no call waits, nothing is read ahead, and no timer is set', async () => {
  const { begin, clock } = scene({ maxConcurrent: 2 });
  const body = source(4096);
  await (await begin()).answer(body.response);
  await clock.advance(1000);
  expect([body.pulled, clock.pending]).toEqual([1024, 0]);
});

test('a stream that is read holds its permit although its response is garbage', async () => {
  const { begin, clock } = scene({ maxConcurrent: 1 });
  const streamOf = async () => {
    const call = await begin();
    await call.answer(source(1_000_000).response);
    return (call.response as Response).body?.getReader();
  };
  const reader = await streamOf();
  await reader?.read();
  const waiting = await begin();
  await clock.advance(50);
  for (let round = 0; round < 4; round++) {
    collectGarbage();
    await turns(5);
  }
  expect(waiting.sentAt).toBeUndefined();
  await reader?.cancel();
  await turns(5);
  expect(waiting.sentAt).toBeDefined();
});
