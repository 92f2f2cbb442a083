import { describe, expect, test } from 'vitest';
import { type Batch, batches, outages, runBatch } from './batches.ts';
import { kyTimeouts } from './rules/clients.ts';
import { holdfast } from './rules/holdfast.ts';

const seeds = [1, 2, 3, 4, 5];
const named = (all: readonly Batch[]) => all.map((batch) => [batch.title, batch] as const);

describe('ordinary work', () => {
  test.each(named(batches))(
    '%s: as many are answered as by ky, and no more requests are sent',
    async (_title, batch) => {
      for (const seed of seeds) {
        const [ours, its] = [await runBatch(batch, holdfast, seed), await runBatch(batch, kyTimeouts, seed)];
        expect(ours.answered).toBeGreaterThanOrEqual(its.answered);
        expect(ours.answered).toBe(batch.calls);
        expect(ours.requests).toBeLessThanOrEqual(its.requests);
      }
    },
  );

  test('fifty calls that fail twice, with answers of 300 ms, are answered within four seconds', async () => {
    const batch = batches.find(({ calls, failures, latencyMs }) => calls === 50 && failures === 2 && latencyMs === 300);
    for (const seed of seeds) expect((await runBatch(batch as Batch, holdfast, seed)).lastMs).toBeLessThanOrEqual(4000);
  });

  test.each(named(outages))('%s: no more than 1.2 requests for each call', async (_title, batch) => {
    for (const seed of seeds) {
      const { calls, answered, requests } = await runBatch(batch, holdfast, seed);
      expect(answered).toBe(0);
      expect(requests / calls).toBeLessThanOrEqual(1.2);
    }
  });
});

describe('held out: cases that were not used for tuning', () => {
  test.each(
    named([
      { title: '7 at once, each fails twice, answers take 120 ms', calls: 7, failures: 2, latencyMs: 120 },
      { title: '35 at once, each fails once, answers take 700 ms', calls: 35, failures: 1, latencyMs: 700 },
      { title: '300 items by 25 workers, each fails once', calls: 300, atOnce: 25, failures: 1, latencyMs: 40 },
      { title: '200 at once, each fails twice', calls: 200, failures: 2 },
      { title: 'an interruption of 400 ms over 25', calls: 25, downMs: 400, latencyMs: 60 },
    ]),
  )('%s: all are answered', async (_title, batch) => {
    for (const seed of seeds) expect((await runBatch(batch, holdfast, seed)).answered).toBe(batch.calls);
  });

  test.each(
    named([
      { title: 'an outage, one batch of 15', calls: 15, downMs: 1e6 },
      { title: 'an outage, one batch of 400', calls: 400, downMs: 1e6 },
      { title: 'an outage, six batches of 20', calls: 20, downMs: 1e6, againAtMs: [500, 1000, 2500, 3000, 6000] },
    ]),
  )('%s: no more than 1.2 requests for each call', async (_title, batch) => {
    for (const seed of seeds) {
      const { calls, requests } = await runBatch(batch, holdfast, seed);
      expect(requests / calls).toBeLessThanOrEqual(1.2);
    }
  });
});
