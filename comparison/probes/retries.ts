import type { Probe } from '../probe.ts';
import { endOf, plural } from '../probe.ts';
import { serve, status } from '../server.ts';

export const retries: readonly Probe[] = [
  {
    title: 'Two 503, then an answer',
    async run({ open }) {
      await using server = await serve((response, _seen, count) => status(response, count < 3 ? 503 : 200));
      const end = await endOf(open(server.origin).send(server.origin));
      return { fact: `${end} after ${plural(server.requests.length, 'request')}`, good: end === 'answered' };
    },
  },
  {
    title: 'An attempt that hangs, then an answer',
    settings: () => ({ timeoutMs: 300 }),
    async run({ open }) {
      await using server = await serve((response, _seen, count) => count > 1 && status(response, 200));
      const end = await endOf(open(server.origin).send(server.origin));
      return { fact: `${end} after ${plural(server.requests.length, 'request')}`, good: end === 'answered' };
    },
  },
];
