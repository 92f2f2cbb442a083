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

/** A reset that does not stand in a limit, nor beside what is left of one, may be that of something else. */
const unread = ['unread: buildonto-month-429, wait'];

test('of further APIs, every other field is read right by general rules, and no issue is invented', () => {
  const answers = furtherFixtures().map((fixture) => [fixture, readFixture(fixture, [])] as const);
  expect(score(answers).faults.map(({ id, field, mark }) => `${mark}: ${id}, ${field}`)).toEqual(unread);
  const kinds = answers.filter(([{ expect: wanted }, { kind }]) => ![wanted['kind'] ?? kind].flat().includes(kind));
  expect(kinds.map(([{ id }, { kind }]) => `${id}: ${kind}`)).toEqual([]);
});
