import { createResilientClient } from 'holdfast';
import { HttpResponse, http } from 'msw';
import { setupWorker } from 'msw/browser';
import { expect, test } from 'vitest';

test('a browser retries a 503 when the server said, and reads the answer', async () => {
  const answers = [
    new HttpResponse(null, { status: 503, headers: { 'retry-after': '0' } }),
    HttpResponse.json({ id: 42 }),
  ];
  const worker = setupWorker(http.get('/v1/orders/42', () => answers.shift()));
  await worker.start({ quiet: true });
  const api = createResilientClient({ baseUrl: `${location.origin}/v1/` });
  const reasons: string[] = [];
  api.on('retry.scheduled', (event) => reasons.push(event.decision.reason));

  expect(await api.get('orders/42').json()).toEqual({ id: 42 });
  expect(reasons).toEqual([expect.stringContaining('503 → retry 1 of 2')]);

  api.close();
  worker.stop();
});
