import { ManualClock } from '@holdfast/core/testing';
import { type ClientOptions, createResilientClient, type EventsOptions, type ResilientClient } from 'holdfast';
import { describe, expect, onTestFinished, test } from 'vitest';

const baseUrl = 'https://api.example.com/';
const encoder = new TextEncoder();
const reset = (): Error => Object.assign(new TypeError('terminated'), { cause: { code: 'ECONNRESET' } });

interface Server {
  readonly api: ResilientClient;
  readonly clock: ManualClock;
  readonly types: string[];
  /** Breaks all connections, as a restart of the server does. */
  restart(): void;
  /** How many requests have arrived. */
  requests(): number;
  /** Reads this many streams, and leaves each after two events. Resolves to the last event or the error of each. */
  read(count: number, options?: EventsOptions): Promise<(string | Error)[]>;
}

/**
 * A server of streams, each with one event at once and then silence.
 *
 * @param answer May return another answer in place of a stream.
 */
function streaming(
  answer: (request: number, asked: number) => Response | undefined | Promise<never>,
  options: ClientOptions = {},
): Server {
  const clock = new ManualClock();
  let open: ReadableStreamDefaultController<Uint8Array>[] = [];
  let requests = 0;
  const asked = new Map<string, number>();
  const types: string[] = [];
  const api = createResilientClient({
    ...{ baseUrl, clock, random: () => 0.5, circuitBreaker: false },
    fetch: async (request) => {
      const { url } = request as Request;
      asked.set(url, (asked.get(url) ?? 0) + 1);
      const other = answer(++requests, asked.get(url) ?? 1);
      if (other) return other;
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(encoder.encode(`id: ${requests}\ndata: ${requests}\n\n`));
          open.push(controller);
        },
      });
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    },
    ...options,
  });
  api.on(({ type }) => types.push(type));
  onTestFinished(() => api.close());
  const readOne = async (path: string, options: EventsOptions): Promise<string | Error> => {
    const seen: string[] = [];
    try {
      for await (const { data } of api.events(path, options)) if (seen.push(data) === 2) break;
    } catch (error) {
      return error as Error;
    }
    return `${seen.length} events`;
  };
  return {
    ...{ api, clock, types, requests: () => requests },
    restart() {
      const broken = open;
      open = [];
      for (const controller of broken) controller.error(reset());
    },
    read: (count, options = {}) =>
      Promise.all(Array.from({ length: count }, (_, index) => readOne(`${index}`, options))),
  };
}

describe('streams that break together', () => {
  test.each([1, 3, 10, 50])('all continue, %i of them, when the server has restarted', async (count) => {
    const server = streaming(() => undefined);
    const ends = server.read(count);
    await server.clock.advance(1_000);
    server.restart();
    expect(await server.clock.run(ends)).toEqual(Array(count).fill('2 events'));
    expect(server.requests()).toBe(2 * count);
    expect(server.clock.pending).toBe(0);
  });

  test('keep no grant when they have continued: calls that fail later wait for none', async () => {
    let isDown = false;
    const server = streaming(() => (isDown ? new Response(null, { status: 503 }) : undefined));
    const ends = server.read(10);
    await server.clock.advance(1_000);
    server.restart();
    await server.clock.run(ends);
    isDown = true;
    const { api, clock } = server;
    const before = clock.now();
    await clock.run(Promise.allSettled(Array.from({ length: 20 }, () => api.get('y'))));
    expect(clock.now() - before).toBeLessThan(10_000);
  });

  test.each([
    ['when they break', 1],
    ['when they are opened', 0],
  ])('keep no other waiting where they have no event for long, %s', async (_when, events) => {
    const quiet = (): Response => {
      const body = new ReadableStream({ start: (controller) => controller.enqueue(encoder.encode(': here\n\n')) });
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    };
    const down = (): Response => new Response(null, { status: 503 });
    const server = streaming((_request, asked) => (asked > 1 ? quiet() : events === 0 ? down() : undefined));
    void server.read(4);
    await server.clock.advance(60_000 * events);
    server.restart();
    await server.clock.advance(1_000);
    expect(server.requests()).toBe(8);
    expect(server.api.snapshot().budgets[0]).not.toHaveProperty('waiting');
  });

  test('all continue though each reconnection fails once', async () => {
    const server = streaming((_request, asked) => (asked === 2 ? new Response(null, { status: 503 }) : undefined));
    const ends = server.read(20);
    await server.clock.advance(1_000);
    server.restart();
    expect(await server.clock.run(ends)).toEqual(Array(20).fill('2 events'));
    expect(server.types).toContain('retry.waiting');
    expect(server.clock.pending).toBe(0);
  });

  test('end together where the server stays away, at little more than a request for ten of them', async () => {
    const server = streaming((request) => (request > 60 ? new Response(null, { status: 503 }) : undefined));
    const ends = server.read(60);
    await server.clock.advance(1_000);
    server.restart();
    for (const end of await server.clock.run(ends)) expect(end).toMatchObject({ code: 'STREAM_INTERRUPTED' });
    expect(server.requests() - 60).toBeLessThanOrEqual(12);
    expect(server.api.snapshot().budgets[0]).not.toHaveProperty('waiting');
    expect(server.clock.pending).toBe(0);
  });

  test.each([
    ['whose first event is a failure', 0],
    ['that break before their first event', 1],
    ['that have continued, and whose first event is a failure', 2],
  ])('cost little more than a request for each of fifty %s', async (_which, how) => {
    const isFailure = ({ data }: { data: string }) => data === 'overloaded' && { status: 529 };
    const bad = (): Response => {
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          if (how === 1) return controller.error(reset());
          controller.enqueue(encoder.encode('data: overloaded\n\n'));
          return controller.close();
        },
      });
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    };
    const server = streaming((_request, asked) => (how === 2 && asked === 1 ? undefined : bad()), {
      random: Math.random,
    });
    const ends = server.read(50, { isFailure });
    await server.clock.advance(1_000);
    if (how === 2) server.restart();
    const before = how === 2 ? 0 : 50;
    for (const end of await server.clock.run(ends)) expect(end).toBeInstanceOf(Error);
    expect(server.requests() - 50).toBeLessThanOrEqual(before === 0 ? 10 : 30);
  });

  test('say in the decision that the budget is spent, and how long they have waited', async () => {
    const server = streaming((request) => (request > 20 ? new Response(null, { status: 503 }) : undefined));
    const ends = server.read(20);
    await server.clock.advance(1_000);
    server.restart();
    const because = (await server.clock.run(ends)).map(
      (end) => (end as { decision?: { because: string } }).decision?.because,
    );
    expect(because.filter((one) => one === 'budgetExhausted').length).toBeGreaterThanOrEqual(15);
  });
});

describe('a stream that waits for leave to continue', () => {
  /** Two streams that have broken. The reconnection of the first gets no answer. */
  const waiting = async (options: EventsOptions = {}) => {
    const server = streaming((request) => (request === 3 ? new Promise<never>(() => {}) : undefined));
    const { api, clock } = server;
    const first = api.events('first');
    const second = api.events('second', options);
    await clock.run(Promise.all([first.next(), second.next()]));
    first.next().catch(() => {});
    const waits = second.next().then(
      (item) => item as unknown,
      (error: unknown) => error,
    );
    server.restart();
    await clock.advance(1);
    expect(api.snapshot().budgets[0]).toMatchObject({ waiting: 1 });
    return { ...server, first, second, waits };
  };

  test('ends with its caller’s reason, at once', async () => {
    const caller = new AbortController();
    const { waits, api } = await waiting({ signal: caller.signal });
    caller.abort('left');
    expect(await waits).toBe('left');
    expect(api.snapshot().budgets[0]).not.toHaveProperty('waiting');
  });

  test('ends quietly when it is closed, and keeps no place', async () => {
    const { waits, second, api } = await waiting();
    second.close();
    expect(await waits).toEqual({ done: true, value: undefined });
    expect(api.snapshot().budgets[0]).not.toHaveProperty('waiting');
  });

  test('goes next where the first one is closed before it has reconnected', async () => {
    const { waits, first, clock } = await waiting();
    first.close();
    expect(await clock.run(waits)).toMatchObject({ done: false, value: { data: '4' } });
  });

  test('for a second reconnection leaves the line just before the time for that reconnection is over', async () => {
    const hangs = (): Promise<never> => new Promise(() => {});
    const quietOnce = (asked: number): Response | undefined =>
      asked === 1 ? undefined : new Response(null, { status: 503 });
    const { api, clock } = streaming((request, asked) =>
      request === 3 ? hangs() : request < 3 ? undefined : quietOnce(asked),
    );
    const first = api.events('first', { idleTimeout: 400 });
    const second = api.events('second', { idleTimeout: 500, totalTimeout: 1_000 });
    await clock.run(Promise.all([first.next(), second.next()]));
    first.next().catch(() => {});
    const failed = second.next().catch((error: unknown) => error);
    await clock.advance(600);
    expect(api.snapshot().budgets[0]).toMatchObject({ waiting: 1 });
    // Another call is answered, and the second stream has leave for one reconnection, which fails.
    (await clock.run(api.get('ok'))).body?.cancel();
    expect(await clock.run(failed)).toMatchObject({ cause: { status: 503, decision: { because: 'deadline' } } });
    expect(clock.now()).toBeLessThan(2_000);
    expect(api.snapshot().budgets[0]).not.toHaveProperty('waiting');
  });

  test('ends with its client', async () => {
    const { waits, api, clock } = await waiting();
    await api.close();
    expect(await waits).toMatchObject({ code: 'CLIENT_CLOSED' });
    expect(clock.pending).toBe(0);
  });
});
