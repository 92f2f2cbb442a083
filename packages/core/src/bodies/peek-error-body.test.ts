import { expect, test } from 'vitest';
import { ManualClock } from '../testing/manual-clock.ts';
import { peekErrorBody, readErrorBody } from './read-error-body.ts';

test('a stalled body delays the call once, however many readers it has', async () => {
  const clock = new ManualClock();
  const stalled = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"error":'));
    },
  });
  const response = new Response(stalled, { status: 409 });
  const bodies = await clock.run(
    (async () => [
      await peekErrorBody(response, { clock }),
      await peekErrorBody(response, { clock }),
      await readErrorBody(response, { clock }),
    ])(),
  );
  expect(bodies.map(({ text }) => text)).toEqual(['{"error":', '{"error":', '{"error":']);
  expect(clock.now()).toBe(1000);
  expect(clock.pending).toBe(0);
});

test('a response whose clone was read is still unread', async () => {
  const clock = new ManualClock();
  const response = new Response('{"error": {}}', { status: 409 });
  await peekErrorBody(response, { clock });
  expect(response.bodyUsed).toBe(false);
  expect(await response.text()).toBe('{"error": {}}');
});
