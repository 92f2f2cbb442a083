import { hang, networkFailureOf, type Step, scriptedTransport } from '@holdfast/core/testing';
import {
  type ClientOptions,
  createResilientClient,
  type Incident,
  type ResilienceError,
  type StatusReader,
} from 'holdfast';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { rejection, type Scene, scripted } from './support/scripted.ts';
import { json, serve } from './support/server.ts';

const incident = {
  name: 'Elevated error rates',
  status: 'identified',
  impact: 'major',
  shortlink: 'https://status.example.com/i/1',
  started_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:10:00Z',
  incident_updates: [{ body: 'We have found the cause.' }, { body: 'We are looking into it.' }],
};
const told: Incident = {
  title: 'Elevated error rates',
  status: 'identified',
  impact: 'major',
  url: 'https://status.example.com/i/1',
  update: 'We have found the cause.',
  startedAt: Date.UTC(2026, 0, 1),
  updatedAt: Date.UTC(2026, 0, 1, 0, 10),
};
const page = { name: 'Example', url: 'https://status.example.com' };
const outage = {
  page,
  status: { indicator: 'major', description: 'Partial System Outage' },
  incidents: [incident],
  scheduled_maintenances: [],
};
const allIsWell = { page, status: { indicator: 'none', description: 'All Systems Operational' }, incidents: [] };

interface Watched extends Scene {
  readonly looks: ReturnType<typeof scriptedTransport>['requests'];
}

/** A client whose API fails as the first script says, and whose status page answers as the second one says. */
function watched(script: readonly Step[], pages: readonly Step[], options: ClientOptions = {}): Watched {
  const transport = scriptedTransport(pages);
  const statusPage = { url: 'https://status.example.com/', fetch: transport };
  return { ...scripted(script, { retry: 0, statusPage, ...options }), looks: transport.requests };
}

const fails = async ({ api, clock }: Scene): Promise<ResilienceError> => {
  const error = rejection<ResilienceError>(api.get('x'));
  await clock.settle();
  return error;
};

describe('the status page', () => {
  test('is not read while calls succeed, nor after a failure that is not the server’s', async () => {
    const scene = watched([200, 404, 429, 401, { status: 400 }], []);
    const { api, clock, looks } = scene;
    await api.get('x');
    for (let call = 0; call < 4; call++) expect((await fails(scene)).incident).toBeUndefined();
    await rejection(api.get('x', { signal: AbortSignal.abort('left') }));
    await clock.advance(600_000);
    expect(looks).toHaveLength(0);
    expect(api.snapshot().statusPage).toEqual({ watching: false });
  });

  test('is read when a call fails, and its incident is on the error', async () => {
    const scene = watched([500], [{ json: outage }]);
    const error = await fails(scene);
    expect(error.incident).toEqual(told);
    expect(scene.looks.map(({ url }) => url)).toEqual(['https://status.example.com/api/v2/summary.json']);
    expect(JSON.parse(JSON.stringify(error)).incident).toEqual(told);
    expect(error.supportReport()).toContain(
      'Status page: Elevated error rates (major, identified), https://status.example.com/i/1',
    );
    expect(scene.api.snapshot().statusPage).toEqual({
      watching: true,
      description: 'Partial System Outage',
      incident: told,
      checkedAt: scene.clock.wallNow(),
    });
    expect(scene.log.lines).toContain('status.changed: Partial System Outage');
    const changed = scene.log.events.find(({ type }) => type === 'status.changed');
    expect(changed).toMatchObject({ incident: told, callId: '', url: '' });
  });

  test.for<[string, Step]>([
    ['a reset', networkFailureOf('ECONNRESET')],
    ['a timeout', hang()],
    ['a 503', 503],
  ])('is read after %s', async ([, step]) => {
    const scene = watched([step], [{ json: outage }], { timeout: 500 });
    const error = await scene.clock.run(rejection<ResilienceError>(scene.api.get('x')));
    await scene.clock.settle();
    expect(error.incident).toEqual(told);
  });

  test('is read after a rejection by an open circuit', async () => {
    const scene = watched([], [{ json: outage }]);
    scene.api.circuits.open('https://api.example.com');
    const error = await fails(scene);
    await scene.clock.settle();
    expect([error.code, error.incident?.title]).toEqual(['CIRCUIT_OPEN', 'Elevated error rates']);
  });

  test('is read from the first attempt on, so that it has answered when the retries have failed', async () => {
    const scene = watched([503, 503, 503], [{ json: outage }], { retry: 2 });
    let seen: Incident | undefined;
    const fallback = (error: ResilienceError) => {
      seen = error.incident;
      return new Response('instead');
    };
    expect(await scene.clock.run(scene.api.get('x', { fallback }).text())).toBe('instead');
    expect(seen).toEqual(told);
    expect(scene.log.lines.indexOf('status.changed: Partial System Outage')).toBeLessThan(
      scene.log.lines.indexOf('attempt.started 2'),
    );
  });

  test('delays no call: its incident is put on the error later', async () => {
    let answer: (response: Response) => void = () => {};
    const late = () =>
      new Promise<Response>((resolve) => {
        answer = resolve;
      });
    const scene = watched([500], [late]);
    const error = await fails(scene);
    expect(error.incident).toBeUndefined();
    answer(Response.json(outage));
    await scene.clock.settle();
    expect(error.incident).toEqual(told);
  });

  test('gets no credentials, and is not read through the client’s own pipeline', async () => {
    const scene = watched([500], [{ json: outage }], {
      headers: { 'x-api-key': 'secret', cookie: 'a=b' },
      searchParams: { token: 'abc' },
    });
    await fails(scene);
    expect(scene.looks[0]).toMatchObject({ method: 'GET', headers: { accept: 'application/json' } });
    expect(Object.keys(scene.looks[0]?.headers ?? {})).toEqual(['accept']);
    expect(scene.transport.requests).toHaveLength(1);
    expect(scene.log.lines.filter((line) => line.startsWith('call.started'))).toHaveLength(1);
  });

  test('is read from time to time while calls fail, and then not any more', async () => {
    const scene = watched(Array(12).fill(500), Array(9).fill({ json: outage }));
    const { clock, looks, api, log } = scene;
    for (let second = 0; second < 60; second += 6) {
      await fails(scene);
      await clock.advance(6_000);
    }
    expect(looks).toHaveLength(3);
    await clock.advance(600_000);
    expect(looks).toHaveLength(3);
    expect(clock.pending).toBe(0);
    expect(api.snapshot().statusPage).toEqual({ watching: false });
    expect(log.lines.filter((line) => line.startsWith('status.'))).toEqual([
      'status.changed: Partial System Outage',
      'status.changed: no call fails any more',
    ]);
    await fails(scene);
    expect(looks).toHaveLength(4);
  });

  test('is read as often as the option says, and keeps no process alive', async () => {
    const pages = scriptedTransport([{ json: outage }, { json: outage }]);
    const statusPage = { url: 'https://status.example.com', intervalMs: 10_000, fetch: pages };
    const { api, clock } = scripted([500, 500], { retry: 0, statusPage });
    let unrefed = 0;
    Object.assign(clock, { unref: () => unrefed++ });
    await rejection(api.get('x'));
    await clock.settle();
    // The time limit of this look at the page, which has expired, and the start of the next one.
    expect([clock.pending, unrefed]).toEqual([1, 2]);
    await rejection(api.get('x'));
    await clock.advance(10_000);
    expect(pages.requests).toHaveLength(2);
  });

  test('needs no timer on Cloudflare Workers, where one ends with its incoming request', async () => {
    vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' });
    onTestFinished(() => void vi.unstubAllGlobals());
    // The first look ends with its request, and never reports anything.
    const scene = watched(Array(9).fill(500), [hang(), { json: outage }, { json: allIsWell }, { json: outage }]);
    const { clock, looks, api } = scene;
    const afterMs = async (ms: number): Promise<[string | undefined, number]> => {
      await clock.advance(ms);
      return [(await fails(scene)).incident?.title, looks.length];
    };
    expect(await afterMs(0)).toEqual([undefined, 1]);
    expect(await afterMs(20_000)).toEqual([undefined, 1]);
    expect(await afterMs(50_000)).toEqual([told.title, 2]);
    expect(await afterMs(10_000)).toEqual([told.title, 2]);
    expect(await afterMs(30_000)).toEqual([told.title, 3]);
    expect(await afterMs(1)).toEqual([undefined, 3]);
    expect(await afterMs(600_000)).toEqual([told.title, 4]);
    expect(clock.pending).toBe(0);
    expect(api.snapshot().statusPage).toMatchObject({ watching: true, incident: told });
  });

  test('reports each change, and nothing else', async () => {
    const resolved = { ...outage, incidents: [{ ...incident, status: 'resolved' }], status: allIsWell.status };
    const monitoring = { ...outage, incidents: [{ ...incident, status: 'monitoring' }] };
    const scene = watched(
      Array(40).fill(500),
      [outage, outage, monitoring, resolved].map((one) => ({ json: one })),
    );
    const heard: (string | undefined)[] = [];
    const stop = scene.api.onStatus(({ incident: one }) => heard.push(one?.status));
    for (let second = 0; second < 110; second += 5) {
      await fails(scene);
      await scene.clock.advance(5_000);
    }
    expect(scene.looks).toHaveLength(4);
    expect(heard).toEqual(['identified', 'monitoring', undefined]);
    stop();
  });

  test('without an incident, or unreadable, adds nothing to errors until then', async () => {
    const scene = watched(Array(9).fill(500), [{ json: allIsWell }, 500, { json: outage }]);
    const errors: ResilienceError[] = [];
    for (let call = 0; call < 9; call++) {
      errors.push(await fails(scene));
      await scene.clock.advance(12_000);
    }
    // The page was requested after 0 s, 30 s and, because it could not be read, 90 s.
    expect(scene.looks).toHaveLength(3);
    expect(errors.map((error) => error.incident?.impact)).toEqual([
      ...Array(3).fill(undefined),
      ...Array(6).fill('major'),
    ]);
  });

  test('that had no incident adds nothing to earlier errors', async () => {
    const scene = watched([500, 500], [{ json: allIsWell }, { json: outage }]);
    const before = await fails(scene);
    await scene.clock.advance(15_000);
    const after = await fails(scene);
    await scene.clock.advance(16_000);
    expect([before.incident, after.incident]).toEqual([undefined, told]);
  });

  test('that changes does not change earlier errors', async () => {
    const worse = { ...outage, incidents: [{ ...incident, impact: 'critical' }] };
    const scene = watched(Array(3).fill(500), [{ json: allIsWell }, { json: outage }, { json: worse }]);
    const errors: ResilienceError[] = [];
    for (let call = 0; call < 3; call++) {
      errors.push(await fails(scene));
      await scene.clock.advance(31_000);
    }
    expect(errors.map((error) => error.incident?.impact)).toEqual([undefined, 'major', 'critical']);
  });
});

describe('a page that can’t be read', () => {
  const huge = () => new Response(new Uint8Array(300 * 1024));
  test.for<[string, Step, RegExp]>([
    ['a 404', { status: 404, body: 'x' }, /the status page answered 404/],
    ['a login page', { body: '<html>' }, /the status page can't be read: /],
    ['another JSON', { json: { ok: true } }, /can't be read: it has no status\.description/],
    ['null', { json: null }, /can't be read: it has no status/],
    ['what is far too long', huge, /longer than 262144 bytes/],
    ['no answer', networkFailureOf('ENOTFOUND'), /network error: .*\(ENOTFOUND\)/],
    ['never', hang(), /it took longer than 5000 ms/],
  ])('%s: is tolerated, told in the snapshot, and asked ever less often', async ([, step, problem]) => {
    const scene = watched(Array(200).fill(500), Array(10).fill(step));
    const error = await fails(scene);
    await scene.clock.advance(5_000);
    expect(scene.api.snapshot().statusPage).toEqual({ watching: true, problem: expect.stringMatching(problem) });
    expect(error.incident).toBeUndefined();
    for (let minute = 0; minute < 10; minute++) {
      await fails(scene);
      await scene.clock.advance(60_000);
    }
    // After one, two, four and eight minutes, and not every half minute.
    expect(scene.looks.length).toBe(4);
    expect(scene.log.lines.some((line) => line.startsWith('status.'))).toBe(false);
  });

  test('from time to time keeps the incident that it reported before', async () => {
    const scene = watched([500, 500], [{ json: outage }, 500]);
    await fails(scene);
    await fails(scene);
    await scene.clock.advance(31_000);
    expect(scene.api.snapshot().statusPage).toMatchObject({ incident: told, problem: 'the status page answered 500' });
  });
});

describe('the formats', () => {
  const cases: readonly [string, unknown, Partial<Incident> | undefined][] = [
    [
      'status.json, which names no incident',
      { page, status: outage.status },
      { title: 'Partial System Outage', impact: 'major', url: page.url },
    ],
    ['status.json on a good day', { page, status: allIsWell.status }, undefined],
    [
      'the gravest of several incidents',
      { ...outage, incidents: [{ name: 'a', impact: 'minor' }, { name: 'b', impact: 'critical' }, { name: 'c' }] },
      { title: 'b' },
    ],
    [
      'a maintenance that is under way, not one to come',
      {
        ...allIsWell,
        scheduled_maintenances: [
          { name: 'later', status: 'scheduled', impact: 'maintenance' },
          { name: 'now', status: 'in_progress', impact: 'maintenance', scheduled_for: '2026-01-01T00:00:00Z' },
        ],
      },
      { title: 'now', startedAt: Date.UTC(2026, 0, 1) },
    ],
    [
      'what is malformed in parts',
      {
        status: { description: 'x', indicator: 5 },
        incidents: [null, 5, { name: 7 }, { name: 'a', updated_at: 'soon', shortlink: 'javascript:x' }],
      },
      { title: 'a' },
    ],
    ['lists that are none', { status: { description: 'x' }, incidents: {}, scheduled_maintenances: 'none' }, undefined],
    [
      'what holds secrets or is very long',
      { status: { description: 'x' }, incidents: [{ name: `token=abcdef ${'y'.repeat(1000)}` }] },
      { title: `token=*** ${'y'.repeat(187)}` },
    ],
  ];
  test.for(cases)('%s', async ([, body, expected]) => {
    const error = await fails(watched([500], [{ json: body as object }]));
    if (expected === undefined) expect(error.incident).toBeUndefined();
    else expect(error.incident).toMatchObject(expected);
    expect(error.incident?.url).toBe(expected?.url);
  });

  test.for([
    ['https://status.example.com', 'https://status.example.com/api/v2/summary.json'],
    ['https://status.example.com/api/v2/status.json', 'https://status.example.com/api/v2/status.json'],
    [new URL('https://status.example.com/proxy?of=x'), 'https://status.example.com/proxy?of=x'],
  ] as const)('at %s', async ([url, asked]) => {
    const pages = scriptedTransport([{ json: outage }]);
    await fails(scripted([500], { retry: 0, statusPage: { url, fetch: pages } }));
    expect(pages.requests.map((request) => request.url)).toEqual([asked]);
  });
});

describe('a function', () => {
  test('replaces the page', async () => {
    const scene = scripted([500], { retry: 0, statusPage: async () => ({ title: 'Our own words' }) });
    expect((await fails(scene)).incident).toEqual({ title: 'Our own words' });
    expect(scene.log.lines).toContain('status.changed: Our own words');
  });

  test.for<[string, StatusReader, string]>([
    ['throws', () => Promise.reject(new Error('broken')), 'broken'],
    ['gives something else', () => 'down' as never, 'statusPage() must return an incident with a title, got "down"'],
    ['never ends', () => new Promise(() => {}), 'it took longer than 5000 ms'],
  ])('that %s breaks no call', async ([, statusPage, problem]) => {
    const scene = scripted([500], { retry: 0, statusPage });
    const error = await fails(scene);
    await scene.clock.advance(5_000);
    expect(error.incident).toBeUndefined();
    expect(scene.api.snapshot().statusPage).toEqual({ watching: true, problem });
  });

  test('that gives nothing says that there is no incident', async () => {
    const scene = scripted([500], { retry: 0, statusPage: () => undefined });
    await fails(scene);
    expect(scene.api.snapshot().statusPage).toMatchObject({ description: 'no incident' });
  });
});

describe('the client', () => {
  test('that is closed reads no more, and ends a read', async () => {
    let signal: AbortSignal | undefined;
    const scene = scripted([500], {
      retry: 0,
      statusPage: (context) => {
        signal = context.signal;
        return new Promise(() => {});
      },
    });
    await fails(scene);
    await scene.api.close();
    expect(signal?.aborted).toBe(true);
    await scene.clock.settle();
    expect([scene.clock.pending, scene.api.snapshot().statusPage]).toEqual([0, { watching: false }]);
  });

  test('that is extended shares the page, unless it is given another', async () => {
    const scene = watched([500, 500, 500], [{ json: outage }]);
    const child = scene.api.extend({ headers: { a: 'b' } });
    await fails(scene);
    const error = await rejection<ResilienceError>(child.get('x'));
    expect(error.incident).toEqual(told);
    expect(scene.looks).toHaveLength(1);
    await child.close();
    expect(scene.api.snapshot().statusPage?.watching).toBe(true);
    const off = scene.api.extend({ statusPage: false });
    expect(off.snapshot().statusPage).toBeUndefined();
    expect((await rejection<ResilienceError>(off.get('x'))).incident).toBeUndefined();
  });

  test('without a page throws when a listener is added', () => {
    expect(() => scripted([]).api.onStatus(() => {})).toThrow(
      new TypeError('onStatus: this client has no statusPage; set the option statusPage'),
    );
  });

  test('reads a real page on a real server, and gives its errors the incident', async () => {
    const { origin, requests } = await serve((request, response) =>
      request.path.startsWith('/v1') ? json(response, 500, {}) : json(response, 200, outage),
    );
    const api = createResilientClient({
      baseUrl: `${origin}/v1/`,
      retry: { limit: 1, delay: () => 200 },
      statusPage: { url: `${origin}/api/v2/summary.json` },
    });
    const error = await rejection<ResilienceError>(api.get('x'));
    expect(error.incident).toEqual(told);
    expect(requests.map(({ path }) => path).sort()).toEqual(['/api/v2/summary.json', '/v1/x', '/v1/x']);
    await api.close();
  });
});
