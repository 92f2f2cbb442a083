import { endOf, type Probe, plural } from '../probe.ts';
import { serve, status } from '../server.ts';

const sent = (count: number): string =>
  ['not sent', 'sent once', 'sent twice', 'sent three times'][count] ?? `sent ${count} times`;
const post = { method: 'POST', body: '{"item": "tent"}' } as const;

export const safety: readonly Probe[] = [
  {
    rule: 5,
    title: 'A PUT that got a 500',
    async run({ open }) {
      await using server = await serve((response, _seen, count) => status(response, count < 2 ? 500 : 200));
      const end = await endOf(open(server.origin).send(server.origin, { method: 'PUT', body: 'x' }));
      return { fact: `${sent(server.requests.length)}, ${end}`, good: end === 'answered' };
    },
  },
  {
    rule: 5,
    title: 'A POST that got a 500: the order may have been placed',
    async run({ open }) {
      await using server = await serve((response) => status(response, 500));
      await endOf(open(server.origin).send(server.origin, post));
      return { fact: sent(server.requests.length), good: server.requests.length === 1 };
    },
  },
  {
    rule: 5,
    title: 'A POST that got a 429: the server did nothing',
    async run({ open }) {
      await using server = await serve((response, _seen, count) => status(response, count < 2 ? 429 : 200));
      const end = await endOf(open(server.origin).send(server.origin, post));
      return { fact: `${sent(server.requests.length)}, ${end}`, good: end === 'answered' };
    },
  },
  {
    rule: 5,
    title: 'A POST that got a 500, with idempotency keys switched on',
    settings: () => ({ idempotencyKeys: true }),
    async run({ open }) {
      await using server = await serve((response, _seen, count) => status(response, count < 2 ? 500 : 200));
      await endOf(open(server.origin).send(server.origin, post));
      const keys = new Set(server.requests.map(({ headers }) => headers['idempotency-key']));
      const good = server.requests.length === 2 && keys.size === 1 && !keys.has(undefined);
      return { fact: `${sent(server.requests.length)}, ${plural(keys.size, 'key')}`, good };
    },
  },
];
