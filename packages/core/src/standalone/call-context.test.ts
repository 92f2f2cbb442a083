import { expect, test } from 'vitest';
import { createEventHub } from '../events/hub.ts';
import { failFast, retry } from '../policy/policies.ts';
import { retryRing } from '../retry/retry.ts';
import { ManualClock, scriptedTransport } from '../testing/index.ts';
import { deadline } from '../time/deadline.ts';
import { compose } from '../transport/compose.ts';
import { callContext } from './call-context.ts';

const url = 'https://api.example.com/orders/42';

function pipeline(...answers: readonly number[]) {
  const clock = new ManualClock();
  const transport = scriptedTransport(answers);
  return { clock, transport, send: compose([deadline(), retryRing()], transport) };
}

test('a pipeline runs without a client: with the default policies, and within the time', async () => {
  const { clock, transport, send } = pipeline(503, 200);
  const request = new Request(url);
  const response = await clock.run(send(request, callContext(request, { clock, random: () => 0.5 })));
  expect(response.status).toBe(200);
  expect(transport.requests).toHaveLength(2);
});

test('policies of the call take precedence over the defaults', async () => {
  const { clock, send } = pipeline(503, 404, 200);
  const request = new Request(url);
  const policies = { 503: retry(), 404: failFast() };
  expect((await clock.run(send(request, callContext(request, { clock, policies })))).status).toBe(404);
  expect(() => callContext(request, { policies: { 7: retry() } })).toThrow('callContext: policies');
});

test('what the body was made from is sent at each attempt', async () => {
  const { clock, transport, send } = pipeline(503, 200);
  const body = '{"quantity":1}';
  const request = new Request(url, { method: 'PUT', body });
  await clock.run(send(request, callContext(request, { clock, body })));
  expect(transport.requests.map((sent) => sent.body)).toEqual([body, body]);
});

test('the request’s own signal ends the call, and events go where they are wanted', async () => {
  const { send } = pipeline(200);
  const reason = new Error('gone');
  const request = new Request(url, { signal: AbortSignal.abort(reason) });
  const told: string[] = [];
  const hub = createEventHub();
  hub.on(({ type }) => told.push(type));
  await expect(send(request, callContext(request, { emit: hub.emit }))).rejects.toBe(reason);
  const fine = new Request(url);
  await send(fine, callContext(fine, { emit: hub.emit }));
  expect(told).toContain('attempt.ended');
});
