import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { faces } from './difference.ts';
import { ofErrors } from './errors.ts';
import { ofRetries } from './retries.ts';
import { ofTime } from './time.ts';

const differences = [...ofErrors, ...ofTime, ...ofRetries];

const names = ['ky', 'holdfast'] as const;

// These scenarios wait in real time, with wide limits for a busy machine, so they all run at once.
describe.concurrent.each(ofTime)('$what', ({ scenario, shows }) => {
  test.each(names)('with %s', async (name) => {
    expect(await scenario(faces[name])).toEqual(shows[name]);
  });
});

describe.each([...ofErrors, ...ofRetries])('$what', ({ scenario, shows }) => {
  test.each(names)('with %s', async (name) => {
    expect(await scenario(faces[name])).toEqual(shows[name]);
  });
});

test('docs/ky.md lists each difference, and no other', async () => {
  const page = fileURLToPath(new URL('../../../../docs/ky.md', import.meta.url));
  const rows = differences.map(({ what, ky, holdfast, why }) => `| ${what} | ${ky} | ${holdfast} | ${why} |`);
  const table = ['| | ky | Holdfast | why |', '|---|---|---|---|', ...rows].join('\n');
  const text = readFileSync(page, 'utf8').replace(/\| \| ky \| Holdfast \|[\s\S]*?(?=\n\n)/, () => table);
  await expect(text).toMatchFileSnapshot(page);
});
