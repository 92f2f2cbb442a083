import { expect, test } from 'vitest';
import { furtherFixtures, readFixture, score, scoreAll, shareRight } from './support/corpus.ts';

test('general rules alone read 95 of 100 fields right, and invent no issue', () => {
  const { scores, faults } = scoreAll(false);
  expect(shareRight(scores)).toBeGreaterThanOrEqual(0.95);
  expect(faults.filter(({ field, mark }) => field === 'issues' && mark === 'wrong')).toEqual([]);
});

test('with a dialect where only a dialect can tell, every field is read right', () => {
  expect(scoreAll(true).faults).toEqual([]);
});

test('of further APIs, every field is read right by general rules, and no issue is invented', () => {
  const answers = furtherFixtures().map((fixture) => [fixture, readFixture(fixture, [])] as const);
  expect(score(answers).faults).toEqual([]);
  const kinds = answers.filter(([{ expect: wanted }, { kind }]) => ![wanted['kind'] ?? kind].flat().includes(kind));
  expect(kinds.map(([{ id }, { kind }]) => `${id}: ${kind}`)).toEqual([]);
});
