import { createHash } from 'node:crypto';
import { createResilientClient, isResilienceError } from 'holdfast';
import { expect, test } from 'vitest';
import { rejection } from './support/scripted.ts';
import { serve } from './support/server.ts';

const hash = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;

test('a body that does not fit its integrity is refused at once, with a typed error, with a cache too', async () => {
  const { origin, requests } = await serve((_request, response) => {
    response.setHeader('cache-control', 'max-age=60');
    response.end('as it is');
  });
  for (const options of [{}, { responseCache: true }] as const) {
    const api = createResilientClient({ baseUrl: origin, ...options });
    expect(await api.get('x').text()).toBe('as it is');
    const before = requests.length;
    const error = await rejection(api.get('x', { integrity: hash('as it was') }).text());
    expect(isResilienceError(error)).toBe(true);
    expect(requests).toHaveLength(before + 1);
    expect(await api.get('x', { integrity: hash('as it is') }).text()).toBe('as it is');
    await api.close();
  }
});
