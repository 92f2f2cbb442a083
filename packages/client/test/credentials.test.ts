import { inspect } from 'node:util';
import { ManualClock } from '@holdfast/core/testing';
import { apiKey, bearerToken, CredentialsError, createResilientClient, isResilienceError, type Token } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { baseUrl, rejection, scripted, until } from './support/scripted.ts';
import { json, serve } from './support/server.ts';

/** A server that demands the newest token. */
async function guarded(state: { good: string }) {
  return serve((request, response) => {
    if (request.headers['authorization'] === `Bearer ${state.good}`) json(response, 200, { ok: true });
    else
      json(response, 401, { error: { code: 'token_expired' } }, { 'www-authenticate': 'Bearer error="invalid_token"' });
  });
}

describe('one refresh for all', () => {
  test('hundreds of calls with an expired token cause one refresh, and each has its answer', async () => {
    const state = { good: 'new' };
    const { origin, requests } = await guarded(state);
    let refreshes = 0;
    const refresh = async () => {
      refreshes++;
      await new Promise((resolve) => setImmediate(resolve));
      return { token: state.good };
    };
    const api = createResilientClient({
      baseUrl: origin,
      auth: bearerToken({ token: 'old', refresh }),
      timeout: 60_000,
    });
    const answers = await Promise.all(Array.from({ length: 300 }, (_, id) => api.get(`orders/${id}`).json()));
    expect(answers).toEqual(Array(300).fill({ ok: true }));
    expect(refreshes).toBe(1);
    expect(requests.length).toBeGreaterThan(300);
  });

  test('a late call whose 401 concerns the old token is sent again, and causes no refresh', async () => {
    let refreshes = 0;
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const late = async () => {
      await held;
      return new Response(null, { status: 401 });
    };
    const auth = bearerToken({ token: 'old', refresh: () => `new${++refreshes}` });
    const { api, clock, transport } = scripted([late, 401, 200, 200], { auth });
    const straggler = api.get('late');
    await until(() => transport.requests.length === 1);
    await clock.run(api.get('early'));
    release();
    await clock.run(straggler);
    expect(refreshes).toBe(1);
    expect(transport.requests.map(({ headers }) => headers['authorization'])).toEqual([
      'Bearer old',
      'Bearer old',
      'Bearer new1',
      'Bearer new1',
    ]);
  });

  test('calls that begin during a refresh wait for it', async () => {
    let give: (token: string) => void = () => {};
    const token = new Promise<string>((resolve) => {
      give = resolve;
    });
    const auth = bearerToken({ token: 'old', refresh: () => token });
    const { api, clock, transport } = scripted([401, 200, 200], { auth });
    const first = api.get('a');
    await until(() => api.snapshot().auth.refreshing);
    const second = api.get('b');
    await clock.advance(0);
    expect(transport.requests).toHaveLength(1);
    give('new');
    await clock.run(Promise.all([first, second]));
    expect(transport.requests.slice(1).map(({ headers }) => headers['authorization'])).toEqual([
      'Bearer new',
      'Bearer new',
    ]);
  });

  test("one caller's abort does not affect the others", async () => {
    let give: (token: string) => void = () => {};
    let aborted = false;
    const token = new Promise<string>((resolve) => {
      give = resolve;
    });
    const refresh = ({ signal }: { signal: AbortSignal }) => {
      signal.addEventListener('abort', () => {
        aborted = true;
      });
      return token;
    };
    const { api, clock } = scripted([401, 401, 200], { auth: bearerToken({ token: 'old', refresh }) });
    const controller = new AbortController();
    const leaving = rejection(api.get('a', { signal: controller.signal }));
    const staying = api.get('b');
    await until(() => api.snapshot().auth.refreshing);
    await clock.advance(0);
    controller.abort('bye');
    expect(await leaving).toBe('bye');
    give('new');
    expect((await clock.run(staying)).status).toBe(200);
    expect(aborted).toBe(false);
    expect(clock.pending).toBe(0);
  });
});

describe('a refresh that fails', () => {
  test('gives each waiting call an error of its own, with the cause and the time of the next attempt', async () => {
    const cause = new Error('the identity provider is down');
    const { api, clock } = scripted([401, 401, 401], {
      auth: bearerToken({ token: 'old', refresh: () => Promise.reject(cause) }),
    });
    const errors = await clock.run(
      Promise.all(['a', 'b', 'c'].map((path) => rejection<CredentialsError>(api.get(path)))),
    );
    expect(new Set(errors.map(({ callId }) => callId)).size).toBe(3);
    for (const error of errors) {
      expect(error).toBeInstanceOf(CredentialsError);
      expect(error).toMatchObject({ code: 'CREDENTIALS', cause, applied: 'no', retryAt: clock.wallNow() + 1000 });
      expect(error.message).toMatch(/could not be obtained: the identity provider is down$/);
    }
  });

  test('is tried again a second later, doubling up to thirty, and at once after a success', async () => {
    let tries = 0;
    let down = true;
    const refresh = () => {
      tries++;
      if (down) throw new Error('down');
      return 'new';
    };
    const clock = new ManualClock();
    const { api } = scripted([200], { clock, auth: bearerToken({ refresh }) });
    const waits: number[] = [];
    let last = 0;
    while (tries < 8) {
      const before = tries;
      expect(await clock.run(rejection(api.get('x')))).toBeInstanceOf(CredentialsError);
      if (tries > before) {
        waits.push((clock.now() - last) / 1000);
        last = clock.now();
      }
      await clock.advance(500);
    }
    expect(waits).toEqual([0, 1, 2, 4, 8, 16, 30, 30]);
    down = false;
    await clock.advance(30_000);
    expect((await clock.run(api.get('x'))).status).toBe(200);
  });

  test('that hangs ends at refreshTimeoutMs, and its signal aborts', async () => {
    let reason: unknown;
    const refresh = ({ signal }: { signal: AbortSignal }) =>
      new Promise<Token>(() => {
        signal.addEventListener('abort', () => {
          reason = signal.reason;
        });
      });
    const auth = bearerToken({ token: 'old', refresh, refreshTimeoutMs: 3000 });
    const { api, clock } = scripted([401], { auth });
    const error = await clock.run(rejection<CredentialsError>(api.get('x')));
    expect(error).toMatchObject({ code: 'CREDENTIALS', cause: { message: 'refresh: took longer than its 3000 ms' } });
    expect(reason).toBe(error.cause);
    expect(clock.now()).toBe(3000);
    expect(clock.pending).toBe(0);
  });

  test('that returns nothing is named, without a token in the message', async () => {
    for (const given of [undefined, null, {}, { token: '' }, { token: 5 }, { token: 'a b' }, 7]) {
      const { api, clock } = scripted([], { auth: bearerToken({ refresh: () => given as never }) });
      const error = await clock.run(rejection<CredentialsError>(api.get('x')));
      expect(error).toBeInstanceOf(CredentialsError);
      expect(error.message).toMatch(/bearerToken\.refresh\(\) (must return the token as a string|has)/);
      expect(error.cause).toBeInstanceOf(TypeError);
    }
  });

  test('of credentials that hang while they are read is cut by the deadline', async () => {
    const auth = bearerToken({ token: () => new Promise<string>(() => {}) });
    const { api, clock } = scripted([], { auth, totalTimeout: 5000, timeout: 1000 });
    expect(await clock.run(rejection(api.get('x')))).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  });
});

describe('a 401 that is final', () => {
  test('after a refresh', async () => {
    const { api, clock, log } = scripted([401, 401], { auth: bearerToken({ token: 'a', refresh: () => 'b' }) });
    const error = await clock.run(rejection(api.get('x')));
    expect(error).toMatchObject({ status: 401, decision: { because: 'alreadyRefreshed' } });
    expect(log.lines).toContain('retry.denied 2: 401 → fail: refused again after a refresh');
  });

  test('for a scope that the token lacks, at once, with the scope', async () => {
    const headers = { 'www-authenticate': 'Bearer error="insufficient_scope", scope="orders:write"' };
    const { api, clock, transport } = scripted([{ status: 401, headers }], {
      auth: bearerToken({ token: 'a', refresh: () => 'b' }),
    });
    const error = await clock.run(rejection(api.get('x')));
    expect(error).toMatchObject({ requiredScope: 'orders:write', decision: { because: 'insufficientScope' } });
    expect(transport.requests).toHaveLength(1);
  });

  test('for credentials that cannot be refreshed, and for none', async () => {
    for (const auth of [bearerToken({ token: 'a' }), apiKey({ key: 'k' }), undefined]) {
      const { api, clock } = scripted([401], { auth });
      expect(await clock.run(rejection(api.get('x')))).toMatchObject({ decision: { because: 'noCredentials' } });
    }
  });

  test('for a header that the caller set', async () => {
    let refreshes = 0;
    const auth = bearerToken({ token: 'a', refresh: () => `b${++refreshes}` });
    const { api, clock, transport } = scripted([401], { auth });
    const error = await clock.run(rejection(api.get('x', { headers: { authorization: 'Bearer mine' } })));
    expect(isResilienceError(error)).toBe(true);
    expect(transport.requests[0]?.headers['authorization']).toBe('Bearer mine');
    expect(refreshes).toBe(0);
  });
});

test.each<[string, () => string | Promise<string>]>([
  ['at once', () => 'Bearer hush-hush\nx'],
  ['by a promise', async () => 'Bearer hush-hush\u0000'],
  ['beyond Latin', () => 'Bearer hush-hush\u2028'],
])('credentials with characters that no header may have are named in no error: %s', async (_, get) => {
  const { api } = scripted([200], { auth: { header: 'authorization', get } });
  for (const call of [api.get('x'), api.fetch(`${baseUrl}x`)]) {
    const error = await rejection(call);
    expect(error.message).toContain('characters that no header may have');
    expect(inspect(error, { depth: 9 })).not.toContain('hush');
  }
});

test('a name that no header may have is refused when the client is made', () => {
  for (const header of ['', 'x key', 'x:', 'é'])
    expect(() => createResilientClient({ baseUrl, auth: { header, get: () => 'a' } })).toThrow(/auth must be/);
});
