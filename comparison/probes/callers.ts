import { getEventListeners } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { endOf, many, type Probe, plural } from '../probe.ts';
import { serve, status } from '../server.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

export const callers: readonly Probe[] = [
  {
    rule: 1,
    title: 'The caller aborts with a reason: the call rejects with it',
    async run({ open }) {
      const leaving = new AbortController();
      const reason = new Error('the user left');
      await using server = await serve(() => leaving.abort(reason));
      const error: unknown = await open(server.origin)
        .send(server.origin, { signal: leaving.signal })
        .catch((thrown: unknown) => thrown);
      const good = error === reason;
      return { fact: good ? 'the same reason' : `its own ${(error as Error).name}`, good };
    },
  },
  {
    rule: 1,
    title: 'The caller aborts during a backoff of 800 ms',
    settings: () => ({ delayMs: 800 }),
    async run({ open }) {
      const leaving = new AbortController();
      await using server = await serve((response) => {
        response.once('finish', () => setTimeout(() => leaving.abort(), 100));
        status(response, 503);
      });
      const call = endOf(open(server.origin).send(server.origin, { signal: leaving.signal }));
      const end = await Promise.race([call, wait(500, 'pending')]);
      await call;
      await wait(500);
      const more = server.requests.length - 1;
      const when = end === 'pending' ? 'keeps waiting' : 'ends at once';
      return { fact: `${when}; ${plural(more, 'more request')}`, good: end !== 'pending' && more === 0 };
    },
  },
  {
    rule: 11,
    title: 'A listener for retries throws',
    settings: () => ({
      onRetry: () => {
        throw new Error('a listener');
      },
    }),
    async run({ open }) {
      await using server = await serve((response, _seen, count) => status(response, count < 2 ? 503 : 200));
      const end = await endOf(open(server.origin).send(server.origin));
      return { fact: end === 'answered' ? 'the call continues' : 'the call fails', good: end === 'answered' };
    },
  },
  {
    rule: 14,
    title: '500 calls on one long-lived signal: listeners left on it, after a garbage collection',
    async run({ open }) {
      await using server = await serve((response) => status(response, 200));
      const { signal } = new AbortController();
      const client = open(server.origin);
      for (let batch = 0; batch < 10; batch++) {
        await Promise.all(many(50, () => client.send(server.origin, { signal })));
      }
      for (let round = 0; round < 3; round++) {
        collectGarbage();
        await wait(30);
      }
      const left = getEventListeners(signal, 'abort').length;
      return left < 10 ? { fact: 'none', good: true } : { fact: `${left} of them`, good: false };
    },
  },
];
