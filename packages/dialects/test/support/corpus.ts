import { readFileSync } from 'node:fs';
import { type Dialect, readApiAnswer } from '@holdfast/core';
import { type ApiAnswer, scarcestQuota } from '@holdfast/core/internal/late';
import * as presets from '@holdfast/dialects';

/**
 * A corpus of answers of real APIs, with what a client should understand of each, and the reader's score by field: right,
 * wrong (it says something else) or unread (it says nothing).
 */

/** One answer, and the facts that it contains. In a list of values, each value is right. */
export interface Fixture {
  readonly id: string;
  readonly api: string;
  readonly method?: string;
  readonly requestHeaders?: Readonly<Record<string, string>>;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: unknown;
  readonly expect: Readonly<Record<string, unknown>>;
  readonly counted?: boolean;
  readonly note?: string;
}

export type Mark = 'right' | 'wrong' | 'unread';

/** The score of one field over all answers. */
export type Score = Record<Mark, number>;

/** A field that is wrong or unread. */
export interface Fault {
  readonly id: string;
  readonly field: string;
  readonly mark: Mark;
  readonly wanted: unknown;
  readonly got: unknown;
}

/** When the answers arrive. */
export const nowMs: number = Date.UTC(2026, 0, 1);

export function fixtures(): readonly Fixture[] {
  return fixturesOf('api-answers.json').filter(({ counted }) => counted !== false);
}

/** Answers of APIs that the corpus does not have. None of them needs a dialect. */
export function furtherFixtures(): readonly Fixture[] {
  return fixturesOf('further-answers.json');
}

function fixturesOf(name: string): readonly Fixture[] {
  const file = new URL(name, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly fixtures: readonly Fixture[] }).fixtures;
}

/** The dialects of the answers that cannot be read without one. */
const dialectOf: Readonly<Record<string, () => Dialect>> = {
  airtable: presets.airtable,
  'github-graphql': presets.graphql,
  'grpc-web': presets.grpcWeb,
  'hasura-graphql-over-http': presets.graphql,
  kraken: presets.kraken,
  'shopify-graphql': presets.shopify,
  slack: presets.slack,
  'skuvault-prisjakt': () => ({
    name: 'milliseconds',
    quotas: [
      {
        limit: { header: 'x-ratelimit-limit' },
        remaining: { header: 'x-ratelimit-remaining' },
        reset: { from: { header: 'x-ratelimit-reset' }, unit: 'ms' },
      },
    ],
  }),
};

/** The dialect that an answer needs, if its note says that it cannot be read without one. */
export function dialectsFor({ id, note }: Fixture): readonly Dialect[] {
  const dialect = dialectOf[id.replace(/-\d+$/, '')];
  return note?.includes('only a dialect can tell') && dialect ? [dialect()] : [];
}

/** Reads a fixture as it would have arrived. */
export function readFixture(fixture: Fixture, dialects: readonly Dialect[]): ApiAnswer {
  const { headers, text } = partsOf(fixture);
  return readApiAnswer({ status: fixture.status, headers, text, wallNowMs: nowMs }, dialects);
}

/** The headers and the body of a fixture, with its times filled in. */
export function partsOf(fixture: Fixture): { readonly headers: Headers; readonly text: string | undefined } {
  const headers = new Headers({ date: new Date(nowMs).toUTCString() });
  for (const [name, values] of Object.entries(fixture.headers)) {
    for (const value of [values].flat()) headers.append(name, fill(value));
  }
  const { body } = fixture;
  return {
    headers,
    text: body === undefined ? undefined : fill(typeof body === 'string' ? body : JSON.stringify(body)),
  };
}

function fill(text: string): string {
  return text.replace(/\{\{(\w+)([+-][\d.]+)\}\}/g, (_, kind: string, offset: string) => {
    const ms = nowMs + Number(offset) * 1000;
    const moment = new Date(ms);
    const forms: Readonly<Record<string, string>> = {
      epoch: String(Math.ceil(ms / 1000)),
      epochms: String(ms),
      epochf: String(ms / 1000),
      iso: moment.toISOString().replace(/\.\d+Z/, 'Z'),
      isoms: moment.toISOString(),
      isomin: `${moment.toISOString().slice(0, 16)}Z`,
      imf: moment.toUTCString(),
      jsdate: moment.toString(),
    };
    return forms[kind] ?? text;
  });
}

/** What is compared with the facts: the reader's result, or a call's error. */
export type Understood = Omit<ApiAnswer, 'kind'>;

/** Compares what was read with the facts of the answer. */
function faultsOf(fixture: Fixture, answer: Understood): readonly Omit<Fault, 'id'>[] {
  const { expect, status } = fixture;
  const quota = scarcestQuota(answer.quotas);
  const got: Readonly<Record<string, unknown>> = {
    code: answer.code,
    type: answer.type,
    param: answer.param,
    scope: answer.scope,
    help: answer.helpUrl,
    requestId: answer.requestId,
    message: answer.message,
    wait: answer.waitMs,
    quota: quota && { ...quota, resetMs: quota.resetAt === undefined ? undefined : quota.resetAt - nowMs },
    issues: answer.issues,
  };
  return Object.entries(expect).flatMap(([field, wanted]) => {
    if (!(field in got) || (field === 'wait' && status < 400)) return [];
    const mark = markOf(field, wanted, got[field], expect);
    return [{ field, mark, wanted, got: got[field] }];
  });
}

function markOf(field: string, wanted: unknown, got: unknown, expect: Fixture['expect']): Mark {
  if (field === 'issues') return issuesMark(wanted as readonly Wanted[], got as ApiAnswer['issues']);
  const isRight = [wanted].flat().some((one) => (one === null ? got === undefined : fits(field, one, got, expect)));
  if (isRight) return 'right';
  return got === undefined ? 'unread' : 'wrong';
}

function fits(field: string, wanted: unknown, got: unknown, expect: Fixture['expect']): boolean {
  if (got === undefined) return false;
  if (field === 'message') return oneLine(got).includes(oneLine(wanted));
  if (field === 'wait') return Math.abs(Number(got) - Number(wanted)) <= Number(expect['waitTolerance'] ?? 0);
  if (field !== 'quota') return got === wanted;
  const { tolerance = 0, ...parts } = wanted as Readonly<Record<string, number>>;
  const had = got as Readonly<Record<string, number | undefined>>;
  return Object.entries(parts).every(([name, value]) =>
    name === 'resetMs' ? Math.abs((had[name] ?? Number.NaN) - value) <= tolerance : had[name] === value,
  );
}

type Wanted = Readonly<Record<string, string | readonly string[]>>;

function issuesMark(wanted: readonly Wanted[], got: ApiAnswer['issues']): Mark {
  const has = (issue: Wanted): boolean =>
    got.some((each) =>
      Object.entries(issue).every(([key, value]) => [value].flat().includes(each[key as keyof typeof each] ?? '')),
    );
  if (wanted.length === got.length && wanted.every(has)) return 'right';
  return got.length === 0 ? 'unread' : 'wrong';
}

function oneLine(value: unknown): string {
  return String(value).replace(/\s+/g, ' ').trim();
}

/** The score by field, and every field that is wrong or unread. */
export function scoreAll(withDialects: boolean): {
  readonly scores: ReadonlyMap<string, Score>;
  readonly faults: readonly Fault[];
} {
  return score(fixtures().map((fixture) => [fixture, readFixture(fixture, withDialects ? dialectsFor(fixture) : [])]));
}

/** Scores the results of all fixtures. */
export function score(answers: readonly (readonly [Fixture, Understood])[]): {
  readonly scores: ReadonlyMap<string, Score>;
  readonly faults: readonly Fault[];
} {
  const scores = new Map<string, Score>();
  const faults: Fault[] = [];
  for (const [fixture, answer] of answers) {
    for (const fault of faultsOf(fixture, answer)) {
      const counted = scores.get(fault.field) ?? { right: 0, wrong: 0, unread: 0 };
      scores.set(fault.field, counted);
      counted[fault.mark]++;
      if (fault.mark !== 'right') faults.push({ ...fault, id: fixture.id });
    }
  }
  return { scores, faults };
}

/** The share of all fields that are right. The link to the documentation is reported, but not included. */
export function shareRight(scores: ReadonlyMap<string, Score>): number {
  const all = [...scores].filter(([field]) => field !== 'help').map(([, score]) => score);
  const right = all.reduce((sum, score) => sum + score.right, 0);
  return right / all.reduce((sum, score) => sum + score.right + score.wrong + score.unread, 0);
}
