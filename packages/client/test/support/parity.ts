import { createResilientClient, HTTPError, isApiError, isResilienceError, ky } from 'holdfast';
import {
  isForceRetryError,
  isNetworkError,
  isTimeoutError,
  type KyInstance,
  type Options,
  SchemaValidationError,
} from 'ky';
import { expect, test } from 'vitest';
import { type ReceivedRequest, serve, type TestServer } from './server.ts';

/** The server's answers to the first, the second, … request; the last one applies to all further requests. */
export type Answers = readonly (number | { status?: number; headers?: Record<string, string>; body?: string })[];

/**
 * The environment of a scenario: a separate server, and a client that is plain ky one time and a resilient client the
 * next.
 */
export interface World {
  readonly server: TestServer;
  create(options?: Options): KyInstance;
  /** The requests that the server received, in a form that two runs can compare. */
  told(...headers: string[]): readonly Told[];
}

export interface Told {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

const faces: Readonly<Record<string, (options?: Options) => KyInstance>> = {
  ky: (options) => ky.create(options),
  // The retry budget is off, because ky has none, and it would end some of these scenarios early.
  ours: (options) => createResilientClient({ retryBudget: false, ...options }) as unknown as KyInstance,
};

/** Runs a scenario with plain ky, then with a resilient client: the user must see the same, and must see `expected`. */
export function sameAsKy(
  title: string,
  answers: Answers,
  scenario: (world: World) => Promise<unknown>,
  expected: unknown,
): void {
  test(title, async () => {
    const seen: Record<string, unknown> = {};
    for (const [name, create] of Object.entries(faces)) {
      const server = await serveInOrder(answers);
      const origin = new RegExp(server.origin, 'g');
      const world: World = { server, create, told: (...headers) => tell(server.requests, headers) };
      seen[name] = JSON.parse(JSON.stringify(await scenario(world)).replace(origin, ''));
    }
    expect(seen['ky'], 'plain ky').toEqual(expected);
    expect(seen['ours'], 'the resilient client').toEqual(expected);
  });
}

function serveInOrder(answers: Answers): Promise<TestServer> {
  let count = 0;
  return serve((_request, response) => {
    const answer = answers[Math.min(count++, answers.length - 1)] ?? 200;
    const { status = 200, headers = {}, body = '' } = typeof answer === 'number' ? { status: answer } : answer;
    response.writeHead(status, headers);
    response.end(body);
  });
}

function tell(requests: readonly ReceivedRequest[], names: readonly string[]): readonly Told[] {
  return requests.map(({ method, path, headers, body }) => ({
    method,
    path,
    body: body.toString(),
    ...(names.length > 0 && { headers: Object.fromEntries(names.map((name) => [name, headers[name]?.toString()])) }),
  }));
}

/** The result of a promise, in words for both clients: Holdfast's typed errors have ky's error as their cause. */
export async function outcome(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    const value = await promise;
    if (!(value instanceof Response)) return value === undefined ? 'nothing' : value;
    return { status: value.status, body: await value.text() };
  } catch (error) {
    return inWords(error);
  }
}

/** An error as ky's classes and guards describe it. */
export function inWords(error: unknown): unknown {
  const { cause } = error as { cause?: unknown };
  const http = isApiError(error) && cause instanceof HTTPError ? cause : error instanceof HTTPError ? error : undefined;
  if (http) return { http: http.response.status, ...(http.data !== undefined && { data: http.data }) };
  if (isTimeoutError(error) || (isResilienceError(error) && error.code.match(/TIMEOUT|DEADLINE/))) return 'timeout';
  if (isNetworkError(error)) return 'network';
  if (isForceRetryError(error)) return { forced: error.message };
  if (error instanceof SchemaValidationError) return { issues: error.issues.map(({ message }) => message) };
  return error instanceof Error ? { name: error.name, message: error.message } : { thrown: error };
}

/** Retries at once. */
export const soon = { delay: () => 1 };
