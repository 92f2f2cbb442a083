import { circuitBreaker } from '@holdfast/circuit-breaker';
import { compose, systemClock } from '@holdfast/core';
import { createCall, emptyBody } from '@holdfast/core/internal';
import { expect, test } from 'vitest';

test('a circuit opens in a browser, where opossum has no events of Node’s to use', async () => {
  const breaker = circuitBreaker({ minimumCalls: 2 });
  const send = compose([breaker.gate, breaker.strategy], async () => new Response(null, { status: 503 }));
  const settings = { levels: [], timeout: false, totalTimeout: false } as const;
  const call = (): Promise<number | string> =>
    send(new Request('https://api.example.com/'), {
      ...{ call: createCall('GET', 'https://api.example.com/', systemClock), attempt: 1, random: () => 0 },
      ...{ signal: new AbortController().signal, emit: {}, settings, body: emptyBody },
    }).then(
      ({ status }) => status,
      (error: { code: string }) => error.code,
    );
  expect([await call(), await call(), await call()]).toEqual([503, 503, 'CIRCUIT_OPEN']);
  await breaker.close();
});

test('a fleet is refused in a browser, and the message says why', () => {
  expect(() => circuitBreaker({ redis: 'redis://localhost:6379' })).toThrow(
    'circuitBreaker.redis works on servers only: a browser has no connection to Redis; leave it out there',
  );
});
