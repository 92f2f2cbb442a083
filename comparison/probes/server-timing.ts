import { setTimeout as wait } from 'node:timers/promises';
import { endOf, many, type Probe } from '../probe.ts';
import { type ProbeServer, serve, status } from '../server.ts';

/** The time between the first request and the second. */
function gapMs({ requests: [first, second] }: ProbeServer): number {
  return first && second ? second.at - first.at : Number.NaN;
}

const waited = (server: ProbeServer): { fact: string; good: boolean } =>
  // A timer may fire a millisecond or two early.
  gapMs(server) >= 990 ? { fact: 'waited for the second', good: true } : { fact: 'retried too early', good: false };

export const serverTiming: readonly Probe[] = [
  {
    rule: 4,
    title: '`Retry-After: 1`',
    async run({ open }) {
      await using server = await serve((response, _seen, count) =>
        count > 1 ? status(response, 200) : status(response, 503, { 'retry-after': '1' }),
      );
      await endOf(open(server.origin).send(server.origin));
      return waited(server);
    },
  },
  {
    rule: 4,
    title: '`Retry-After` as a date, by a server whose clock is an hour slow',
    async run({ open }) {
      await using server = await serve((response, _seen, count) => {
        if (count > 1) return status(response, 200);
        const now = Math.floor(Date.now() / 1000) * 1000 - 3_600_000;
        const date = (ms: number): string => new Date(ms).toUTCString();
        return status(response, 503, { date: date(now), 'retry-after': date(now + 1000) });
      });
      await endOf(open(server.origin).send(server.origin));
      return waited(server);
    },
  },
  {
    rule: 4,
    title: '`Retry-After: 60`, where the client waits 300 ms at most',
    settings: () => ({ maxRetryAfterMs: 300 }),
    async run({ open }) {
      await using server = await serve((response) => status(response, 429, { 'retry-after': '60' }));
      const leaving = new AbortController();
      const end = await endOf(open(server.origin).send(server.origin, { signal: leaving.signal }), 1_500);
      leaving.abort();
      if (end === 'pending') return { fact: 'waits the full time', good: false };
      const good = server.requests.length === 1;
      return { fact: good ? 'fails at once' : `retries too early, ${server.requests.length - 1} times`, good };
    },
  },
  {
    rule: 4,
    title: '`Retry-After: 10`, where the call has one second',
    settings: () => ({ totalMs: 1000 }),
    async run({ open }) {
      await using server = await serve((response) => status(response, 503, { 'retry-after': '10' }));
      const call = endOf(open(server.origin).send(server.origin));
      const end = await Promise.race([call, wait(600, 'pending')]);
      if (end !== 'pending') {
        const good = end === 'refused' && server.requests.length === 1;
        return {
          fact: good ? 'fails at once, with the 503' : `retries at once, ${server.requests.length - 1} times`,
          good,
        };
      }
      return { fact: `sleeps until its time is up; then ${await call}`, good: false };
    },
  },
  {
    rule: 12,
    title: '40 calls to an API that has just said `429`, `Retry-After: 1`: how many it has to refuse',
    async run({ open }) {
      let openAt = Number.POSITIVE_INFINITY;
      let refused = 0;
      await using server = await serve((response, { at }, count) => {
        if (count === 1) openAt = at + 990;
        if (at >= openAt) return status(response, 200);
        refused++;
        return status(response, 429, { 'retry-after': '1' });
      });
      const client = open(server.origin);
      const first = endOf(client.send(server.origin));
      await wait(200);
      await Promise.all([first, ...many(39, () => endOf(client.send(server.origin)))]);
      return refused === 1
        ? { fact: '1 of 40', good: true }
        : { fact: refused >= 40 ? 'all 40' : `${refused} of 40`, good: false };
    },
  },
];
