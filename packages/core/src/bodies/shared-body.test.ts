import { describe, expect, test } from 'vitest';
import { longestLag, type SharedBody, shareBody } from './shared-body.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const chunksOf = (text: string): readonly Uint8Array[] => [...text].map(bytes);
const tooSlow = (index: number): Error => new Error(`reader ${index} was too slow`);

/** A source that is read chunk by chunk. */
function source(chunks: readonly Uint8Array[], end: 'close' | Error = 'close') {
  const seen = { pulls: 0, cancelled: undefined as unknown };
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk = chunks[seen.pulls++];
        if (chunk) controller.enqueue(chunk);
        else if (end === 'close') controller.close();
        else controller.error(end);
      },
      cancel(reason) {
        seen.cancelled = reason;
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, seen };
}

/** Lets everything happen that needs no time. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

const text = ({ stream }: SharedBody): Promise<string> => new Response(stream).text();
const failure = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

describe('shareBody()', () => {
  test('gives each reader the whole body, and reads the source once', async () => {
    const { stream, seen } = source(chunksOf('hello'));
    const bodies = shareBody(stream, 3, tooSlow);
    expect(await Promise.all(bodies.map(text))).toEqual(['hello', 'hello', 'hello']);
    expect(seen.pulls).toBe(6);
  });

  test('reads a short body before any reader asks, so that its connection is free', async () => {
    const { stream, seen } = source(chunksOf('hello'));
    const bodies = shareBody(stream, 2, tooSlow);
    await settled();
    expect(seen.pulls).toBe(6);
    expect(await Promise.all(bodies.map(text))).toEqual(['hello', 'hello']);
  });

  test('reads no more of a long one than its beginning, and then as the fastest asks', async () => {
    const { stream, seen } = source(Array(5).fill(new Uint8Array(64 * 1024)));
    const [first, second] = shareBody(stream, 2, tooSlow) as [SharedBody, SharedBody];
    await settled();
    expect(seen.pulls).toBe(1);
    const reader = first.stream.getReader();
    for (let read = 0; read < 3; read++) await reader.read();
    expect(seen.pulls).toBe(3);
    expect((await new Response(second.stream).arrayBuffer()).byteLength).toBe(5 * 64 * 1024);
  });

  test('lets the others continue if one never reads, cancels, or fails', async () => {
    const { stream, seen } = source(chunksOf('hello'));
    const bodies = shareBody(stream, 4, tooSlow);
    await bodies[1]?.stream.cancel('enough');
    bodies[2]?.fail(new Error('left'));
    expect(await text(bodies[3] as SharedBody)).toBe('hello');
    expect(await failure(text(bodies[2] as SharedBody))).toEqual(new Error('left'));
    expect(seen.cancelled).toBeUndefined();
  });

  test('cancels the source when the last reader has left, with its reason', async () => {
    const { stream, seen } = source(Array(5).fill(new Uint8Array(64 * 1024)));
    const bodies = shareBody(stream, 2, tooSlow);
    await bodies[0]?.stream.cancel('first');
    expect(seen.cancelled).toBeUndefined();
    bodies[1]?.fail('last');
    bodies[1]?.fail('again');
    await Promise.resolve();
    expect(seen.cancelled).toBe('last');
  });

  test('breaks for all readers where the source breaks', async () => {
    const broken = new Error('reset');
    const bodies = shareBody(source(chunksOf('he'), broken).stream, 2, tooSlow);
    expect(await Promise.all(bodies.map((body) => failure(text(body))))).toEqual([broken, broken]);
  });

  test('gives each reader bytes of its own', async () => {
    const bodies = shareBody(source([bytes('abc')]).stream, 2, tooSlow);
    const first = await (bodies[0] as SharedBody).stream.getReader().read();
    first.value?.fill(0);
    expect(await text(bodies[1] as SharedBody)).toBe('abc');
  });

  test('can be read into a buffer of the reader’s, as fetch’s bodies can; an empty chunk is no end', async () => {
    const bodies = shareBody(source([bytes('he'), bytes(''), bytes('llo')]).stream, 2, tooSlow);
    const reader = (bodies[0] as SharedBody).stream.getReader({ mode: 'byob' });
    const read: string[] = [];
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(4));
      if (done) break;
      read.push(new TextDecoder().decode(value));
    }
    expect(read).toEqual(['he', 'llo']);
    expect(await text(bodies[1] as SharedBody)).toBe('hello');
  });

  test('drops a reader that is too slow, and no other', async () => {
    const large = new Uint8Array(longestLag / 4);
    const { stream } = source(Array(6).fill(large));
    const [fast, slow, never] = shareBody(stream, 3, tooSlow) as [SharedBody, SharedBody, SharedBody];
    const reader = slow.stream.getReader();
    await reader.read();
    await reader.read();
    expect((await new Response(fast.stream).arrayBuffer()).byteLength).toBe(6 * large.byteLength);
    expect((await reader.read()).done).toBe(false);
    expect(await failure(text(never))).toEqual(new Error('reader 2 was too slow'));
  });
});
