import { compose, systemClock } from '@holdfast/core';
import { createCall, emptyBody } from '@holdfast/core/internal';
import { rateLimiter } from '@holdfast/rate-limiter';
import { expect, test } from 'vitest';

function callerOf(limiter: ReturnType<typeof rateLimiter>, answer: () => Promise<Response>) {
  const send = compose([limiter], answer);
  const settings = { levels: [], timeout: false, totalTimeout: false } as const;
  return () =>
    send(new Request('https://api.example.com/'), {
      ...{ call: createCall('GET', 'https://api.example.com/', systemClock), attempt: 1, random: () => 0 },
      ...{ signal: new AbortController().signal, emit: {}, settings, body: emptyBody },
    });
}

test('no more calls run at once in a browser than the limit says, until their bodies are read', async () => {
  const limiter = rateLimiter({ maxConcurrent: 2 });
  let started = 0;
  const call = callerOf(limiter, async () => {
    started++;
    return new Response('{"id":1}');
  });
  const [first, second, third] = [call(), call(), call()];
  const bodies = [await first, await second];
  expect(started).toBe(2);
  expect(await bodies[0]?.json()).toEqual({ id: 1 });
  expect(await (await third).text()).toBe('{"id":1}');
  expect(started).toBe(3);
  const reader = bodies[1]?.body?.getReader();
  while (!(await reader?.read())?.done);
  expect(limiter.snapshot()).toEqual([{ key: 'https://api.example.com', running: 0, queued: 0 }]);
  limiter.close();
});

test('a short unread body delays no call, and can still be read', async () => {
  const call = callerOf(rateLimiter({ maxConcurrent: 1 }), async () => new Response('{"id":1}'));
  const [first, second] = await Promise.all([call(), call()]);
  expect([first.bodyUsed, await first.text(), await second.json()]).toEqual([false, '{"id":1}', { id: 1 }]);
});

test('a burst waits for no timer: a thousand calls that a limit leaves alone pass in one turn of the loop', async () => {
  const call = callerOf(rateLimiter({ maxConcurrent: 2000, requests: 2000, perMs: 1000 }), async () => new Response());
  await Promise.all([call(), call()]); // Bottleneck is loaded now.
  let turned = false;
  const turn = new MessageChannel();
  turn.port1.onmessage = () => {
    turned = true;
  };
  turn.port2.postMessage(undefined);
  await Promise.all(Array.from({ length: 1000 }, call));
  expect(turned).toBe(false);
});

test('a fleet is refused in a browser, and the message says why', () => {
  expect(() => rateLimiter({ redis: 'redis://localhost:6379' })).toThrow(
    'rateLimit.redis works on servers only: a browser has no connection to Redis; leave it out there',
  );
});
