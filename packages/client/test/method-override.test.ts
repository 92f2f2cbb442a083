import { describe, expect, test } from 'vitest';
import { rejection, scripted, scriptedPlatform } from './support/scripted.ts';

const overrides = ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'];

describe.each(overrides)('a GET with %s', (name) => {
  test.each(['POST', 'PATCH', 'patch', 'ORDER'])('%s is not sent again', async (method) => {
    const { api, clock, transport } = scripted([503, 200]);
    const error = await clock.run(rejection(api.get('x', { headers: { [name]: method } })));
    expect(error).toMatchObject({ status: 503, decision: { because: 'notReplayable' } });
    expect(transport.requests).toHaveLength(1);
  });

  test.each(['PUT', 'delete', 'GET'])('%s is sent again, since that is idempotent too', async (method) => {
    const { api, clock, transport } = scripted([503, 200]);
    expect((await clock.run(api.get('x', { headers: { [name]: method } }))).status).toBe(200);
    expect(transport.requests).toHaveLength(2);
  });

  test('and an idempotency key is sent again', async () => {
    const { api, clock } = scripted([503, 200]);
    const headers = { [name]: 'POST', 'idempotency-key': 'k1' };
    expect((await clock.run(api.get('x', { headers }))).status).toBe(200);
  });

  test('is neither cached nor shared', async () => {
    const fresh = { status: 200, headers: { 'cache-control': 'max-age=60' } };
    const { api, clock, transport } = scriptedPlatform([fresh, fresh, fresh], { responseCache: true, coalesce: true });
    const headers = { [name]: 'POST' };
    await clock.run(Promise.all([api.get('x', { headers }), api.get('x', { headers })]));
    await clock.run(api.get('x', { headers }));
    expect(transport.requests).toHaveLength(3);
  });
});

test.each(overrides)('a POST with %s: GET is no more replayable than a POST', async (name) => {
  const { api, clock, transport } = scripted([503, 200]);
  await clock.run(rejection(api.post('x', { headers: { [name]: 'GET' }, json: {} })));
  expect(transport.requests).toHaveLength(1);
});
