import { CircuitOpenError, ClientClosedError, failFast, resilienceErrorOf } from 'holdfast';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { rejection, scripted } from './support/scripted.ts';

const url = 'https://api.example.com/v1/';
const options = {
  circuitBreaker: { failureRatio: 0.5, minimumCalls: 2, openMs: 1000 },
  policies: { '5xx': failFast() },
  random: () => 1,
};

/** A client whose circuit may be probed; the test answers the probe. */
async function halfOpen(further = {}) {
  let answerProbe = (_: Response): void => {};
  const probed = new Promise<Response>((resolve) => {
    answerProbe = resolve;
  });
  const scene = scripted([503, 503, () => probed, ...Array<200>(9).fill(200)], { ...options, ...further });
  const { api, clock } = scene;
  for (const path of ['a', 'b']) await clock.run(rejection(api.get(path)));
  await clock.advance(1000);
  return { ...scene, answerProbe: (status: number) => answerProbe(new Response(null, { status })) };
}

describe('of ten calls at once that find a half-open circuit', () => {
  test('one probes; when it is answered, all are', async () => {
    const { api, clock, answerProbe, transport } = await halfOpen();
    const calls = Array.from({ length: 10 }, () => api.get('c'));
    await clock.advance(100);
    expect(transport.requests).toHaveLength(3);
    answerProbe(200);
    const answers = await clock.run(Promise.all(calls));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
  });

  test('one probes; when it fails, none of the others is sent', async () => {
    const { api, clock, answerProbe, transport } = await halfOpen();
    const ends = Promise.allSettled(Array.from({ length: 10 }, () => api.get('c')));
    await clock.advance(100);
    answerProbe(503);
    const errors = (await ends).map((end) => end.status === 'rejected' && end.reason.code);
    expect(errors).toEqual(['API_ERROR', ...Array(9).fill('CIRCUIT_OPEN')]);
    expect(transport.requests).toHaveLength(3);
  });
});

describe('a call that waits for a probe', () => {
  afterEach(() => void vi.unstubAllGlobals());

  test('fails while there is time left before its deadline, and its timeline says why', async () => {
    const { api, clock } = await halfOpen({ timeout: 300, totalTimeout: 400 });
    const probe = rejection(api.get('c', { timeout: false, totalTimeout: false }));
    const other = rejection(api.get('d'));
    await clock.advance(350);
    expect(await other).toBeInstanceOf(CircuitOpenError);
    expect(resilienceErrorOf(await other)?.timeline).toEqual([
      expect.stringContaining('waited 350 ms for the probe of the open circuit: it has no result yet'),
      expect.stringContaining('CIRCUIT_OPEN'),
    ]);
    await api.close();
    await probe;
  });

  test('is announced by `explain()`', async () => {
    const { api, answerProbe, clock } = await halfOpen();
    expect(api.explain({ url: 'd' }).reason).toBe(`GET ${url}d → send now`);
    const probe = api.get('c');
    await clock.advance(0);
    expect(api.explain({ url: 'd' })).toMatchObject({
      ...{ action: 'accept', rule: 'circuitBreaker' },
      reason: `GET ${url}d → send if the probe of the circuit is answered`,
    });
    answerProbe(200);
    await clock.run(probe);
    expect(api.explain({ url: 'd' }).reason).toBe(`GET ${url}d → send now`);
  });

  test('ends when the client is closed', async () => {
    const { api, clock } = await halfOpen();
    const ends = [rejection(api.get('c')), rejection(api.get('d'))];
    await clock.advance(0);
    await api.close();
    for (const end of ends) expect(await end).toBeInstanceOf(ClientClosedError);
    expect(clock.pending).toBe(0);
  });

  test('polls where requests of one process must not wake one another', async () => {
    vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' });
    const { api, clock, answerProbe } = await halfOpen();
    const probe = api.get('c');
    const other = api.get('d');
    await clock.advance(60);
    answerProbe(200);
    await probe;
    await clock.advance(14);
    expect(api.snapshot().callsInFlight).toBe(1);
    await clock.advance(1);
    expect((await other).status).toBe(200);
  });
});
