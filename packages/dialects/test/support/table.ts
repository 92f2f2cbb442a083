// `npm run answers`: what the client reads of the corpus of answers, field by field.

import { scoreAll, shareRight } from './corpus.ts';

for (const [withDialects, title] of [
  [false, 'general rules alone'],
  [true, 'with a dialect where only a dialect can tell'],
] as const) {
  const { scores, faults } = scoreAll(withDialects);
  console.log(`${title}: ${(100 * shareRight(scores)).toFixed(1)} % right`);
  for (const [field, { right, wrong, unread }] of scores) {
    console.log(`  ${field.padEnd(10)} ${String(right).padStart(4)} right, ${wrong} wrong, ${unread} unread`);
  }
  for (const { id, field, mark, wanted, got } of faults) {
    console.log(`  ${mark}: ${id}, ${field}: ${JSON.stringify(wanted)} expected, got ${JSON.stringify(got)}`);
  }
}
