import { endOf, many, type Probe } from '../probe.ts';
import { serve, status } from '../server.ts';

export const load: readonly Probe[] = [
  burst('Fifty calls at once, each of which fails once (503)', 1),
  burst('Fifty calls at once, each of which fails twice (503)', 2),
  {
    rule: 8,
    title: '40 calls in an outage: requests that reach the server',
    async run({ open }) {
      await using server = await serve((response) => status(response, 503));
      const client = open(server.origin, { delayMs: 1 });
      for (let count = 0; count < 40; count++) await endOf(client.send(server.origin));
      const { length } = server.requests;
      return { fact: `${length} requests`, good: length <= 48 };
    },
  },
  {
    rule: 9,
    title: '30 calls, of which 2 may run and 10 may wait',
    settings: () => ({ queue: { running: 2, waiting: 10 } }),
    async run({ open }) {
      let running = 0;
      let most = 0;
      await using server = await serve((response) => {
        most = Math.max(most, ++running);
        setTimeout(() => {
          running--;
          status(response, 200);
        }, 20);
      });
      const client = open(server.origin, { retries: 0 });
      const ends = await Promise.all(many(30, () => endOf(client.send(server.origin))));
      const answered = ends.filter((end) => end === 'answered').length;
      return { fact: `${answered} answered, ${most} at a time`, good: answered === 12 && most === 2 };
    },
  },
  {
    rule: 9,
    title: '15 calls at 10 a second: in the first second',
    settings: () => ({ perSecond: 10 }),
    async run({ open }) {
      await using server = await serve((response) => status(response, 200));
      const client = open(server.origin);
      await Promise.all(many(15, () => endOf(client.send(server.origin))));
      const startedAt = server.requests[0]?.at ?? 0;
      const early = server.requests.filter(({ at }) => at - startedAt < 900).length;
      return { fact: `${early} requests`, good: early === 10 };
    },
  },
  {
    rule: 13,
    title: 'A client inside an attempt of another client: requests for one call in an outage',
    async run({ contender }) {
      if (!contender.nest) return { fact: 'takes no fetch' };
      await using server = await serve((response) => status(response, 500));
      await endOf(contender.nest(server.origin).send(server.origin));
      const { length } = server.requests;
      return { fact: `${length} requests`, good: length === 3 };
    },
  },
];

/** Simultaneous calls that all fail the same number of times: a budget must not cost them their answers. */
function burst(title: string, failures: number): Probe {
  return {
    rule: 8,
    title,
    async run({ open }) {
      const seen = new Map<string, number>();
      await using server = await serve((response, { path }) => {
        const count = (seen.get(path) ?? 0) + 1;
        seen.set(path, count);
        status(response, count > failures ? 200 : 503);
      });
      const client = open(server.origin);
      const ends = await Promise.all(many(50, (index) => endOf(client.send(`${server.origin}/${index}`), 60_000)));
      const answered = ends.filter((end) => end === 'answered').length;
      return { fact: `${answered} answered, ${server.requests.length} requests`, good: answered === 50 };
    },
  };
}
