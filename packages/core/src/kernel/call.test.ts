import { describe, expect, it } from 'vitest';
import { createCall } from '../calls/create-call.ts';
import { ManualClock } from '../testing/manual-clock.ts';

describe('a call', () => {
  it('has an id of its own', () => {
    const clock = new ManualClock();
    const ids = new Set(Array.from({ length: 1000 }, () => createCall('GET', 'https://x.example/', clock).id));
    expect(ids.size).toBe(1000);
    for (const id of ids) expect(id).toMatch(/^[0-9a-z]{4}-\d+$/);
  });

  it('shows its URL without secrets', () => {
    const call = createCall('GET', 'https://me:pw@x.example/?api_key=1&page=2', new ManualClock());
    expect(call.url).toBe('https://x.example/?api_key=***&page=2');
    expect(call.url).toBe(call.url);
    expect(JSON.stringify(call)).not.toContain('pw');
  });

  it('begins now, or when it is said to have begun', async () => {
    const clock = new ManualClock();
    await clock.advance(70);
    expect(createCall('GET', 'https://x.example/', clock).startedAt).toBe(70);
    expect(createCall('GET', 'https://x.example/', clock, 30).startedAt).toBe(30);
  });
});
