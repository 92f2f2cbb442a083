import { readFileSync } from 'node:fs';
import { type Dialect, readApiAnswer } from '@holdfast/core';
import { failureStatus } from '@holdfast/core/internal/late';
import * as presets from '@holdfast/dialects';
import { createResilientClient } from 'holdfast';
import { expect, test } from 'vitest';

/** An answer of an API, and what its preset reads from it. */
interface Case {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** The facts of the answer. For a success that reports an error, `failsAs` is the status that it counts as. */
  readonly says: Readonly<Record<string, unknown>> & { readonly failsAs?: number };
}

const graphqlError = (code: string): unknown => ({ errors: [{ message: 'no', extensions: { code } }] });
const rpcError = (code: number): unknown => ({ error: { code, data: { rate: { backoff_seconds: 3 } } } });
const typedReason = { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' };

const cases: Readonly<Record<keyof typeof presets, readonly Case[]>> = {
  airtable: [{ status: 429, body: {}, says: { kind: 'rateLimited', waitMs: 30_000 } }],
  anthropic: [
    {
      status: 500,
      body: { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
      says: { kind: 'overloaded', retry: 'yes', applied: 'no', code: 'overloaded_error' },
    },
  ],
  aws: [
    { status: 400, body: { __type: 'a#PriorRequestNotComplete' }, says: { kind: 'rateLimited', retry: 'yes' } },
    {
      status: 400,
      body: { __type: 'a#Throttling', message: 'Daily message quota exceeded.' },
      says: { kind: 'quotaSpent', retry: 'no' },
    },
    { status: 400, body: { __type: 'a#ExpiredTokenException' }, says: { kind: 'unauthenticated', retry: 'no' } },
    { status: 400, body: { __type: 'a#TransactionInProgressException' }, says: { kind: 'failed', retry: 'yes' } },
  ],
  azure: [
    { status: 449, body: {}, says: { kind: 'conflict', retry: 'yes' } },
    { status: 500, headers: { 'x-ms-error-code': 'OperationTimedOut' }, says: { kind: 'overloaded', retry: 'yes' } },
  ],
  cloudflare: [
    {
      body: { success: false, errors: [{ code: 10429, message: 'slow' }] },
      says: { kind: 'rateLimited', code: '10429', failsAs: 429 },
    },
  ],
  discord: [
    {
      headers: { 'x-ratelimit-bucket': 'b1', 'x-ratelimit-limit': '5', 'x-ratelimit-remaining': '0' },
      says: { quotas: [{ bucket: 'b1', limit: 5, remaining: 0, counts: 'requests' }] },
    },
  ],
  github: [
    {
      status: 403,
      body: { message: 'You have exceeded a secondary rate limit.' },
      says: { kind: 'rateLimited', waitMs: 60_000, retry: 'yes', applied: 'no' },
    },
    {
      status: 403,
      headers: { 'retry-after': '5' },
      body: { message: 'You have exceeded a secondary rate limit.' },
      says: { waitMs: 5000 },
    },
  ],
  gitlab: [{ status: 409, body: { message: '409 Conflict: Resource lock' }, says: { kind: 'conflict', retry: 'yes' } }],
  google: [
    {
      status: 403,
      body: { error: { code: 403, errors: [{ reason: 'userRateLimitExceeded' }] } },
      says: { kind: 'rateLimited', retry: 'yes' },
    },
    { status: 400, body: { error: { code: 400, details: [typedReason] } }, says: { code: 'API_KEY_INVALID' } },
  ],
  graphql: [
    { body: graphqlError('UNAUTHENTICATED'), says: { kind: 'unauthenticated', failsAs: 401 } },
    { body: graphqlError('BAD_USER_INPUT'), says: { kind: 'invalid', failsAs: 400 } },
    { body: { errors: [{ type: 'RATE_LIMITED' }] }, says: { kind: 'rateLimited', failsAs: 429 } },
  ],
  grpcWeb: [
    {
      headers: { 'grpc-status': '14', 'grpc-message': 'try%20later' },
      says: { kind: 'overloaded', code: 'UNAVAILABLE', message: 'try later', failsAs: 503 },
    },
  ],
  hubspot: [{ status: 429, body: { policyName: 'DAILY' }, says: { kind: 'quotaSpent', retry: 'no' } }],
  jira: [
    {
      status: 429,
      headers: { 'ratelimit-reason': 'jira-burst-based' },
      body: { errorMessages: ['Too many'] },
      says: { code: 'jira-burst-based', message: 'Too many' },
    },
  ],
  jsonRpc: [
    { body: { error: { code: -32603, message: 'x' } }, says: { code: '-32603', failsAs: 500 } },
    {
      body: [rpcError(-32005), rpcError(-32005)],
      says: { kind: 'rateLimited', code: '-32005', applied: 'no', waitMs: 3000, failsAs: 429 },
    },
  ],
  kraken: [
    { body: { error: ['EGeneral:Invalid arguments'] }, says: { kind: 'invalid', failsAs: 400 } },
    { body: { error: ['EService:Unavailable'] }, says: { kind: 'overloaded', failsAs: 503 } },
  ],
  linear: [{ status: 400, body: graphqlError('RATELIMITED'), says: { kind: 'rateLimited', retry: 'yes' } }],
  notion: [{ status: 409, body: { code: 'conflict_error' }, says: { kind: 'conflict', retry: 'yes', applied: 'no' } }],
  openai: [
    { status: 400, body: { error: { code: 'billing_hard_limit_reached' } }, says: { kind: 'quotaSpent', retry: 'no' } },
    {
      status: 429,
      body: { error: { type: 'exceeded_current_quota_error', message: 'Check your plan', code: null } },
      says: { kind: 'quotaSpent', retry: 'no' },
    },
    {
      status: 429,
      body: { error: { type: 'requests', message: 'Slow down' } },
      says: { kind: 'rateLimited', applied: 'no' },
    },
  ],
  salesforce: [
    {
      status: 400,
      body: [{ errorCode: 'UNABLE_TO_LOCK_ROW', message: 'locked', fields: ['Name'] }],
      says: {
        kind: 'conflict',
        retry: 'yes',
        issues: [{ path: 'Name', message: 'locked', code: 'UNABLE_TO_LOCK_ROW' }],
      },
    },
  ],
  shopify: [
    {
      body: {
        errors: [{ message: 'Throttled', extensions: { code: 'THROTTLED' } }],
        extensions: {
          cost: {
            requestedQueryCost: 600,
            throttleStatus: { maximumAvailable: 1000, currentlyAvailable: 500, restoreRate: 50 },
          },
        },
      },
      says: { kind: 'rateLimited', waitMs: 2000, failsAs: 429 },
    },
  ],
  slack: [
    { body: { ok: false, error: 'token_expired' }, says: { kind: 'unauthenticated', failsAs: 401 } },
    { body: { ok: false, error: 'channel_not_found' }, says: { kind: 'notFound', failsAs: 404 } },
    { body: { ok: false, error: 'invalid_blocks' }, says: { kind: 'invalid', failsAs: 400 } },
  ],
  stripe: [{ status: 409, body: { error: { code: 'idempotency_key_in_use' } }, says: { retry: 'yes' } }],
  x: [{ status: 403, body: { errors: [{ code: 89, message: 'expired' }] }, says: { kind: 'unauthenticated' } }],
};

const all: Readonly<Record<string, (() => Dialect) | undefined>> = { ...presets };

function presetNamed(name: string): Dialect {
  const preset = all[name];
  if (preset === undefined) throw new Error(`no preset is called ${name}`);
  return preset();
}

const rows = Object.entries(cases).flatMap(([name, list]) => list.map((each, at) => ({ name, at, ...each })));

test.each(rows)('$name reads answer $at of its API', ({ name, status = 200, headers, body, says }) => {
  const dialect = presetNamed(name);
  const text = body === undefined ? undefined : JSON.stringify(body);
  const parts = { status, headers: new Headers(headers), text, wallNowMs: 0 };
  const { failsAs, ...facts } = says;
  const answer = readApiAnswer(parts, [dialect]);
  expect(answer).toMatchObject(facts);
  expect(failureStatus(parts, [dialect], answer)).toBe(failsAs);
});

const healthy: Readonly<Partial<Record<keyof typeof presets, Omit<Case, 'says'>>>> = {
  cloudflare: { body: { success: true, errors: [], result: [] } },
  graphql: { body: { data: { me: 1 } } },
  grpcWeb: { headers: { 'grpc-status': '0' } },
  jsonRpc: { body: { jsonrpc: '2.0', result: 1 } },
  kraken: { body: { error: [], result: {} } },
  linear: { body: { data: {} } },
  shopify: { body: { data: {}, extensions: {} } },
  slack: { body: { ok: true } },
};

test.each<[about: string, body: unknown]>([
  ['a batch in which one call has a result', [rpcError(-32005), { result: 1 }]],
  ['a batch whose calls have failed for different reasons', [rpcError(-32005), rpcError(-32603)]],
  ['a batch without calls', []],
])('jsonRpc: %s is an answer', (_about, body) => {
  const dialect = presets.jsonRpc();
  const parts = { status: 200, headers: new Headers(), text: JSON.stringify(body), wallNowMs: 0 };
  expect(failureStatus(parts, [dialect], readApiAnswer(parts, [dialect]))).toBeUndefined();
});

test('an expression that keeps its place between two tests finds the same in each answer', () => {
  const dialect: Dialect = { name: 'own', verdicts: [{ when: { text: /busy/g }, kind: 'overloaded' }] };
  const parts = { status: 400, headers: new Headers(), text: '{"message":"busy"}', wallNowMs: 0 };
  expect([1, 2, 3].map(() => readApiAnswer(parts, [dialect]).kind)).toEqual(Array(3).fill('overloaded'));
});

test.each(Object.entries(healthy))('%s leaves a success alone', (name, { body, headers }) => {
  const dialect = presetNamed(name);
  const parts = { status: 200, headers: new Headers(headers), text: JSON.stringify(body ?? ''), wallNowMs: 0 };
  expect(failureStatus(parts, [dialect], readApiAnswer(parts, [dialect]))).toBeUndefined();
});

/** The first event of a stream that is an error, the status that it counts as, and an ordinary event. */
const streamed: Readonly<Partial<Record<keyof typeof presets, readonly [unknown, number, unknown]>>> = {
  anthropic: [
    { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
    503,
    { type: 'message_start', message: { id: 'msg_1' } },
  ],
  google: [
    { error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } },
    503,
    { candidates: [{ content: { parts: [{ text: 'hi' }] } }] },
  ],
  openai: [
    { error: { message: 'Rate limit reached', type: 'requests', code: 'rate_limit_exceeded' } },
    429,
    { choices: [{ index: 0, delta: { content: 'hi' } }] },
  ],
};

test.each<[keyof typeof presets, unknown]>([
  ['openai', { error: { message: 'The server had an error', type: 'server_error', code: null } }],
  ['openai', { error: { message: 'The server had an error', type: 'server_error', code: 'server_error' } }],
  ['anthropic', { type: 'error', error: { type: 'api_error', message: 'Internal server error' } }],
  ['google', { error: { code: 500, message: 'An internal error has occurred', status: 'INTERNAL' } }],
])('%s: a failure of the server in the first event is one, and no mistake of the caller', (name, data) => {
  const dialect = presetNamed(name);
  const parts = { status: 200, headers: new Headers(), text: JSON.stringify(data), wallNowMs: 0, isEvent: true };
  expect(failureStatus(parts, [dialect], readApiAnswer(parts, [dialect]))).toBe(500);
});

test.each(Object.entries(streamed))('%s knows an error in the first event of a stream', (name, [bad, status, good]) => {
  const dialect = presetNamed(name);
  const read = (data: unknown, isEvent: boolean): number | undefined => {
    const parts = { status: 200, headers: new Headers(), text: JSON.stringify(data), wallNowMs: 0, isEvent };
    return failureStatus(parts, [dialect], readApiAnswer(parts, [dialect]));
  };
  expect([read(bad, true), read(good, true)]).toEqual([status, undefined]);
  // No complete answer is read for it.
  expect(read(bad, false)).toBeUndefined();
});

test('each preset has a line in the documentation, with its source and date', () => {
  const page = readFileSync(new URL('../../../docs/dialects.md', import.meta.url), 'utf8');
  const lines = [...page.matchAll(/^\| `(\w+)` \| .+ \| \[.+\]\(https:\/\/\S+\), \d{4}-\d\d \|$/gm)].map(
    ([, name]) => name,
  );
  expect(lines).toEqual(Object.keys(presets).sort());
});

test.each(Object.entries(all))('a client accepts %s', (_name, preset) => {
  expect(() => createResilientClient({ dialect: preset?.() })).not.toThrow();
});
