import { expect, test } from 'vitest';
import { type Fixture, fixtures, furtherFixtures, score, shareRight } from './support/corpus.ts';
import { meet, understood } from './support/through-client.ts';

const judged = fixtures().filter(({ expect: wanted, status }) => status >= 400 || wanted['class'] === 'any');
/** The results of calls with default options, by answer. */
const met = Promise.all(
  [...judged, ...furtherFixtures()].map(async (fixture) => ({ fixture, ...(await meet(fixture)) })),
);
/** The results for answers that are not retried, so that the error is about the answer itself. */
const once = Promise.all(judged.map(async (fixture) => ({ fixture, ...(await meet(fixture, { retry: 0 })) })));

test('a client retries the failures that are documented as transient, and no others', async () => {
  const wrong = (await met)
    .filter(({ fixture, retry }) => wanted(fixture, 'retry') !== undefined && wanted(fixture, 'retry') !== retry)
    .map(({ fixture, retry, error }) => `${fixture.id}: ${retry}, ${error.decision?.reason}`);
  expect(wrong).toEqual([]);
});

test('the errors of a client have 95 of 100 fields right, and invent no issue', async () => {
  const { scores, faults } = score((await once).map(({ fixture, error }) => [fixture, understood(error)]));
  expect(faults.filter(({ field, mark }) => field === 'issues' && mark === 'wrong')).toEqual([]);
  expect(faults.map(({ id, field, mark }) => `${mark}: ${id}, ${field}`)).toEqual([]);
  expect(shareRight(scores)).toBeGreaterThanOrEqual(0.95);
});

test('each error has the documented class, and its message says what the API says', async () => {
  const wrong = (await once).flatMap(({ fixture, error }) => {
    const classes = [wanted(fixture, 'class') ?? 'any'].flat();
    const isOfClass = classes.includes('any') || classes.includes(error.name);
    const message = [wanted(fixture, 'message') ?? ''].flat().map(oneLine);
    const tells = message.some((text) => oneLine(error.message).includes(text.slice(0, 200)));
    return isOfClass && tells ? [] : [`${fixture.id}: ${error.name}: ${error.message}`];
  });
  expect(wrong).toEqual([]);
});

test('a rate limit is one, whatever its status is', async () => {
  const limits = (await once).filter(({ fixture }) => wanted(fixture, 'rateLimited') === true);
  expect(limits.length).toBeGreaterThan(3);
  expect(limits.filter(({ error }) => error.kind !== 'rateLimited').map(({ fixture }) => fixture.id)).toEqual([]);
});

function wanted({ expect: all }: Fixture, field: string): unknown {
  return all[field];
}

function oneLine(text: unknown): string {
  return String(text).replace(/\s+/g, ' ').trim().replace(/\.$/, '');
}
