import { describe, expect, test } from 'vitest';
import { statusName } from '../../api-answer/status-names.ts';
import type { Because } from '../../kernel/decision.ts';
import { clientErrorGuide, finalServerErrorGuide, serverErrorGuide, unknownGuide } from './class-guides.ts';
import { guideAfter, guideFor } from './guide.ts';
import { guides } from './guides.ts';

const statuses = [400, 401, 403, 404, 408, 409, 410, 413, 422, 425, 429, 500, 502, 503, 504];

describe('guideFor', () => {
  test.each(statuses)('has a guide of its own for %i, and a name', (status) => {
    const guide = guideFor(status);
    expect(guide).toBe(guides[status]);
    expect(statusName(status)).toMatch(/^[A-Z]/);
  });

  test.each([
    [418, clientErrorGuide],
    [451, clientErrorGuide],
    [501, finalServerErrorGuide],
    [511, finalServerErrorGuide],
    [526, finalServerErrorGuide],
    [507, serverErrorGuide],
    [529, serverErrorGuide],
    [599, serverErrorGuide],
    [304, unknownGuide],
    [600, unknownGuide],
    [Number.NaN, unknownGuide],
  ])('gives for %d the guide of its class', (status, guide) => {
    expect(guideFor(status)).toBe(guide);
  });

  test('knows no statuses but those tested here', () => {
    expect(Object.keys(guides).map(Number)).toEqual(statuses);
  });
});

describe('each guide', () => {
  const all = [...Object.values(guides), clientErrorGuide, serverErrorGuide, finalServerErrorGuide, unknownGuide];

  test.each(all.map((guide) => [guide.title, guide] as const))(
    '“%s” is short, and has causes and remedies',
    (_, guide) => {
      expect(guide.causes.length).toBeGreaterThan(0);
      expect(guide.remedies.length).toBeGreaterThan(0);
      const lines = [guide.title, ...guide.causes, ...guide.remedies];
      for (const line of lines) {
        expect(line.length).toBeLessThanOrEqual(125);
        expect(line).not.toMatch(/\.$/);
      }
      expect(new Set(lines).size).toBe(lines.length);
    },
  );

  // The promised guide for each status: how Holdfast, or a person, can solve the problem.
  test.each([
    [400, ['schema', 'error.error.param', 'documentation']],
    [401, ['bearerToken({refresh})', 'environment', 'authOrigins', 'is active']],
    [403, ['requiredScope', 'IP address', 'dashboard', 'supportReport()']],
    [404, ['accept()', 'baseUrl', 'Check the id']],
    [422, ['error.issues', 'idempotencyKeys', 'current state']],
    [429, ['Send fewer requests', 'error.quota', 'error.retryAt', 'supportReport()']],
    [500, ['by itself', 'status page', 'supportReport()', 'idempotencyKeys']],
    [503, ['fallback', 'status page', 'updates', 'circuitBreaker']],
  ])('for %i names the means', (status, means) => {
    const remedies = guideFor(status).remedies.join('\n');
    for (const word of means) expect(remedies).toContain(word);
  });
});

describe('the guide after a decision', () => {
  const ended = (because: Because) =>
    ({ action: 'fail', because, reason: '', rule: 'default', applied: 'unknown' }) as const;

  test.each([
    ['budgetExhausted', '`retryBudget: {ratio, minPerSecond}`'],
    ['limitReached', '`retry: {limit}`'],
    ['notReplayable', '`idempotencyKeys: true`'],
    ['retryAfterTooLong', '`maxRetryAfter`'],
    ['deadline', '`totalTimeout`'],
    ['serverSaysNo', '`policies`'],
  ] as const)('says first what ended it, and the option: %s, %s', (because, option) => {
    for (const status of [408, 425, 429, 500, 502, 503, 504, 507, 529]) {
      const { remedies } = guideAfter(status, ended(because));
      expect(remedies.slice(0, 2).join('\n')).toContain(option);
      expect(remedies.join('\n')).not.toMatch(/by itself|waits as long/);
      expect(new Set(remedies).size).toBe(remedies.length);
      for (const line of remedies) expect(line.length).toBeLessThanOrEqual(125);
    }
  });

  test('promises no retry where a policy said no, and is the plain one where nothing was decided', () => {
    expect(guideAfter(503, ended('policy')).remedies).toEqual(guideFor(503).remedies.slice(1));
    expect(guideAfter(404, ended('policy')).remedies).toEqual(guideFor(404).remedies);
    expect(guideAfter(503, undefined).remedies).toEqual(guideFor(503).remedies);
    expect(guideAfter(503, { ...ended('policy'), action: 'retry' }).remedies).toEqual(guideFor(503).remedies);
  });
});
