import { setTimeout as wait } from 'node:timers/promises';
import { endOf, type Probe } from '../probe.ts';
import { serve, status } from '../server.ts';

export const bodies: readonly Probe[] = [
  {
    rule: 2,
    title: 'A stream that continues after the time limit of an attempt (200 ms)',
    settings: () => ({ timeoutMs: 200, retries: 0 }),
    async run({ open }) {
      await using server = await serve(async (response) => {
        response.writeHead(200).write('one');
        await wait(500);
        response.end('two');
      });
      let read = '';
      try {
        for await (const chunk of await open(server.origin).stream(server.origin)) read += Buffer.from(chunk);
      } catch {
        return { fact: 'cut', good: false };
      }
      return { fact: read === 'onetwo' ? 'whole' : 'cut', good: read === 'onetwo' };
    },
  },
  {
    rule: 3,
    title: 'A 503 whose body never ends: cancelled before the next attempt',
    settings: () => ({ delayMs: 100, timeoutMs: 1500 }),
    async run({ open }) {
      let closed = false;
      let closedInTime = false;
      await using server = await serve((response, _seen, count) => {
        if (count > 1) {
          closedInTime = closed;
          return status(response, 200);
        }
        response.once('close', () => {
          closed = true;
        });
        response.writeHead(503).write('this goes on');
      });
      const startedAt = performance.now();
      await endOf(open(server.origin).send(server.origin), 4_000);
      const second = server.requests[1];
      if (!second) return { fact: 'reads on, and never retries', good: false };
      if (second.at - startedAt > 1200) return { fact: 'reads on until the time limit', good: false };
      return { fact: closedInTime ? 'cancelled at once' : 'left open', good: closedInTime };
    },
  },
];
