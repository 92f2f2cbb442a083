import { describe, expect, test, vi } from 'vitest';
import { stillClock } from '../errors/test-call.test-support.ts';
import { readErrorBody } from './read-error-body.ts';

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** A body that gives its chunks one by one when it is read; after the last one it ends, hangs or fails. */
function bodyOf(chunks: Iterable<unknown>, then: 'ends' | 'hangs' | 'fails' = 'ends') {
  const iterator = chunks[Symbol.iterator]();
  const cancel = vi.fn();
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      const next = iterator.next();
      if (!next.done) controller.enqueue(next.value as Uint8Array);
      else if (then === 'ends') controller.close();
      else if (then === 'fails') controller.error(new Error('reset'));
      else return new Promise(() => {});
      return undefined;
    },
    cancel,
  });
  return { stream, cancel };
}

function* endless(chunk: Uint8Array): Generator<Uint8Array> {
  for (;;) yield chunk;
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

describe('readErrorBody', () => {
  test('returns the bytes and the text, and leaves no timer and no lock', async () => {
    const clock = stillClock();
    const response = new Response('{"error":"ü"}');
    const body = await readErrorBody(response, { clock });
    expect(body).toEqual({ bytes: bytes('{"error":"ü"}'), text: '{"error":"ü"}', truncated: false });
    expect(clock.pending).toBe(0);
    expect(response.body?.locked).toBe(false);
  });

  test('reads only the allowed part of 50 MB in one chunk, and releases the rest', async () => {
    const { stream, cancel } = bodyOf([new Uint8Array(50_000_000).fill(120)], 'hangs');
    const body = await readErrorBody(new Response(stream), { clock: stillClock() });
    expect(body.bytes).toHaveLength(65_536);
    expect(body.bytes.buffer.byteLength).toBe(65_536);
    expect(body.truncated).toBe(true);
    expect(cancel).toHaveBeenCalledOnce();
  });

  test('ends with an endless body', async () => {
    const { stream, cancel } = bodyOf(endless(bytes('endless ')));
    const body = await readErrorBody(new Response(stream), { clock: stillClock(), maxBytes: 20 });
    expect(body.text).toBe('endless endless endl');
    expect(body.truncated).toBe(true);
    expect(cancel).toHaveBeenCalledOnce();
  });

  test('ends with an endless body of empty chunks', async () => {
    const { stream, cancel } = bodyOf(endless(new Uint8Array(0)));
    const body = await readErrorBody(new Response(stream), { clock: stillClock() });
    expect(body).toEqual({ bytes: new Uint8Array(0), text: '', truncated: true });
    expect(cancel).toHaveBeenCalledOnce();
  });

  test('reads a body of exactly the limit as a whole', async () => {
    const body = await readErrorBody(new Response('x'.repeat(100)), { clock: stillClock(), maxBytes: 100 });
    expect(body.truncated).toBe(false);
    expect(body.text).toHaveLength(100);
  });

  test('waits a second for a body that stalls, and gives what came before', async () => {
    const clock = stillClock();
    const { stream, cancel } = bodyOf([bytes('{"err')], 'hangs');
    const reading = readErrorBody(new Response(stream), { clock });
    const done = vi.fn();
    void reading.then(done);
    await settled();
    clock.advance(999);
    await settled();
    expect(done).not.toHaveBeenCalled();
    clock.advance(1);
    expect(await reading).toMatchObject({ text: '{"err', truncated: true });
    expect(cancel).toHaveBeenCalledOnce();
    expect(clock.pending).toBe(0);
  });

  test('ends even if the source never reacts to the cancellation', async () => {
    const clock = stillClock();
    const stream = new ReadableStream({ pull: () => new Promise(() => {}), cancel: () => new Promise(() => {}) });
    const reading = readErrorBody(new Response(stream), { clock });
    clock.advance(1000);
    expect((await reading).truncated).toBe(true);
  });

  test('ends when the signal aborts, before or during, and leaves no listener', async () => {
    for (const abortedBefore of [true, false]) {
      const clock = stillClock();
      const controller = new AbortController();
      const added = vi.spyOn(controller.signal, 'addEventListener');
      const removed = vi.spyOn(controller.signal, 'removeEventListener');
      if (abortedBefore) controller.abort();
      const { stream, cancel } = bodyOf([], 'hangs');
      const reading = readErrorBody(new Response(stream), { clock, signal: controller.signal });
      controller.abort();
      expect((await reading).truncated).toBe(true);
      expect(cancel).toHaveBeenCalledOnce();
      expect(added).toHaveBeenCalledTimes(abortedBefore ? 0 : 1);
      for (const [type, listener] of added.mock.calls) expect(removed).toHaveBeenCalledWith(type, listener);
      expect(clock.pending).toBe(0);
    }
  });

  test('gives what came before the body broke off', async () => {
    const { stream } = bodyOf([bytes('half')], 'fails');
    const body = await readErrorBody(new Response(stream), { clock: stillClock() });
    expect(body).toMatchObject({ text: 'half', truncated: true });
  });

  test('returns the part before a chunk that is not bytes', async () => {
    const { stream } = bodyOf([bytes('half'), 'text']);
    const body = await readErrorBody(new Response(stream), { clock: stillClock() });
    expect(body).toMatchObject({ text: 'half', truncated: true });
  });

  test('gives nothing where there is no body, or it is already being read', async () => {
    const used = new Response('used');
    await used.text();
    const locked = new Response('locked');
    locked.body?.getReader();
    const begun = new Response(bodyOf([bytes('one'), bytes('two')], 'hangs').stream);
    const reader = begun.body?.getReader();
    await reader?.read();
    reader?.releaseLock();
    for (const response of [new Response(null), used, locked, begun]) {
      expect(await readErrorBody(response, { clock: stillClock() })).toEqual({
        bytes: new Uint8Array(0),
        text: '',
        truncated: false,
      });
    }
  });

  test.each([
    ['text/html; charset=iso-8859-1', [0xfc], 'ü'],
    ['text/html; charset="Windows-1252"', [0x80], '€'],
    ['application/json', [0xc3, 0xbc], 'ü'],
    ['application/json; charset=klingon', [0xc3, 0xbc], 'ü'],
    ['application/json; charset=', [0xc3, 0xbc], 'ü'],
    ['application/json', [0xfc], '\uFFFD'],
  ])('decodes by the charset of %s', async (contentType, content, text) => {
    const response = new Response(new Uint8Array(content), { headers: { 'content-type': contentType } });
    expect((await readErrorBody(response, { clock: stillClock() })).text).toBe(text);
  });

  test('leaves out a character that the limit cuts in two', async () => {
    const body = await readErrorBody(new Response('aü'), { clock: stillClock(), maxBytes: 2 });
    expect(body.text).toBe('a');
  });

  test('leaves the other half of a clone unread', async () => {
    const response = new Response('whole');
    await readErrorBody(response.clone(), { clock: stillClock(), maxBytes: 1 });
    expect(await response.text()).toBe('whole');
  });
});
