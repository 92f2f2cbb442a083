import { describe, expect, it, vi } from 'vitest';
import { watchedResponse } from '../retry/ring.test-support.ts';
import { discard } from './discard.ts';

describe('discard', () => {
  it('cancels the body', () => {
    const cancelled = vi.fn();
    const response = watchedResponse(200, cancelled);
    discard(response);
    discard(response);
    expect(cancelled).toHaveBeenCalledOnce();
  });

  it('does not touch a body that is being read', async () => {
    const response = new Response('text');
    const reading = response.text();
    discard(response);
    expect(await reading).toBe('text');
  });

  it('does nothing if there is no body, or no response', () => {
    expect(() => discard(new Response(null, { status: 204 }))).not.toThrow();
    expect(() => discard(undefined)).not.toThrow();
  });

  it('ignores the error of a body that breaks', async () => {
    const broken = watchedResponse(200, () => Promise.reject(new Error('broken')));
    discard(broken);
    await Promise.resolve();
    const failed = new Response(new ReadableStream({ start: (controller) => controller.error(new Error('reset')) }));
    expect(() => discard(failed)).not.toThrow();
    await Promise.resolve();
  });
});
