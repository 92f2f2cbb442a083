import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { defaultLevels, failFast } from '@holdfast/core';
import { type PolicyLevel, resolvePolicyLevel } from '@holdfast/core/internal';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Answers, type CacheCase, cases, type Fields, type Step } from './rfc9111.vectors.ts';
import { type Scene, scene } from './support/scene.ts';

interface Server {
  readonly requests: readonly { readonly headers: Readonly<Record<string, unknown>> }[];
  answer(headers: Answers): void;
}

/** A real server on loopback, or a script. Both give the test's next answer, and count requests. */
const worlds: Readonly<Record<string, (given: Scene) => Promise<Server & { readonly base: string }>>> = {
  'a script': async ({ answer, requests }) => {
    let next: Answers = {};
    const told = (answers: Answers): void => {
      next = answers;
    };
    let count = 0;
    answer(({ method }) => {
      if (next.breaks) throw new TypeError('fetch failed');
      count++;
      const { status = 200, headers = {} } = next;
      return new Response(hasBody(status, method) ? String(count) : null, { status, headers: withoutEmpty(headers) });
    });
    return { base: '', requests, answer: told };
  },
  'a real server': async ({ useNetwork }) => {
    let next: Answers = {};
    const told = (answers: Answers): void => {
      next = answers;
    };
    const requests: { headers: Record<string, unknown> }[] = [];
    const server = createServer((request, response) => {
      requests.push({ headers: request.headers });
      if (next.breaks) return void request.socket.destroy();
      const { status = 200, headers = {} } = next;
      response.sendDate = false;
      response.writeHead(status, withoutEmpty(headers));
      response.end(hasBody(status, request.method) ? String(requests.length) : '');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close().closeAllConnections());
    useNetwork();
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { base, requests, answer: told };
  },
};

describe.each(Object.keys(worlds))('RFC 9111, asked of %s', (name) => {
  test.each(cases)('$section: $title', async ({ steps }: CacheCase) => {
    const given = scene();
    const world = await (worlds[name] as (typeof worlds)[string])(given);
    for (const [index, step] of steps.entries()) await run(step, index, given, world);
  });
});

async function run(
  step: Step,
  index: number,
  { clock, send }: Scene,
  world: Server & { readonly base: string },
): Promise<void> {
  const {
    after = 0,
    method = 'GET',
    path = '/a',
    headers = {},
    cache = 'default',
    from,
    status,
    has = {},
    sends = {},
  } = step;
  await clock.advance(1000 * after);
  const date = (seconds: number): string => new Date(clock.wallNow() + 1000 * seconds).toUTCString();
  const answers = typeof step.answers === 'function' ? step.answers(date) : (step.answers ?? {});
  world.answer({ ...answers, headers: { date: date(0), ...answers.headers } });
  const before = world.requests.length;
  const request = {
    method,
    headers: { 'x-request-id': String(index), ...headers },
    cache,
    redirect: 'manual',
  } as const;
  const settings = step.isFinal ? { levels: [...final, ...defaultLevels] } : {};
  const came = await send(world.base + path, { ...request, settings }).catch((error: unknown) => error as Error);
  const where = `step ${index + 1}`;
  expect(world.requests.length > before, `${where} reached the server`).toBe(from !== 'cache');
  if (from !== 'cache') {
    const seen = world.requests.at(-1)?.headers ?? {};
    for (const [name, value] of Object.entries(sends)) expect(seen[name] ?? null, `${where} sends ${name}`).toBe(value);
  }
  if (came instanceof Error) {
    expect(answers.breaks, `${where}: ${came.message}`).toBe(true);
    return;
  }
  const text = await came.text();
  expect(came.status, `status of ${where}`).toBe(status ?? (from === 'server' ? (answers.status ?? 200) : 200));
  if (from === 'server') {
    expect(text, `body of ${where}`).toBe(
      step.body === '' || method === 'HEAD' ? '' : hasBody(came.status, method) ? String(world.requests.length) : '',
    );
  } else {
    const body = step.body ?? lastBody.get(world);
    expect(text, `body of ${where}`).toBe(String(body));
  }
  if (from === 'server' && text !== '') lastBody.set(world, text);
  for (const [name, value] of Object.entries(has)) expect(came.headers.get(name), `${name} of ${where}`).toBe(value);
}

/** Policies that retry nothing. */
const final = [resolvePolicyLevel({ policies: { default: failFast() } }, 'test') as PolicyLevel];

const lastBody = new WeakMap<Server, string>();

function hasBody(status: number, method: string | undefined): boolean {
  return method !== 'HEAD' && status !== 204 && status !== 304;
}

/** Drops headers that are given as empty, except those whose emptiness is the point. */
function withoutEmpty(headers: Fields): Fields {
  return Object.fromEntries(Object.entries(headers).filter(([name, value]) => value !== '' || name === 'expires'));
}
