import { setTimeout as wait } from 'node:timers/promises';
import type { Settings } from '../contender.ts';
import { endOf, type Probe } from '../probe.ts';
import { type ProbeServer, serve, status } from '../server.ts';

const settings = (): Settings => ({ retries: 0, circuit: { minimumCalls: 10, openMs: 300 } });

/** A server whose answers the probe gives by hand: each request waits until its answer is given. */
async function serveByHand(): Promise<{ server: ProbeServer; answer: ((code: number) => void)[] }> {
  const answer: ((code: number) => void)[] = [];
  const server = await serve((response, _seen, count) => {
    answer[count - 1] = (code) => status(response, code);
  });
  return { server, answer };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await wait(5);
}

export const circuit: readonly Probe[] = [
  {
    rule: 7,
    title: 'A server that answers 40 calls with a 500',
    settings,
    async run({ open }) {
      await using server = await serve((response) => status(response, 500));
      const client = open(server.origin);
      for (let count = 0; count < 40; count++) await endOf(client.send(server.origin));
      const good = server.requests.length === 10;
      return { fact: `sees ${server.requests.length} of them`, good };
    },
  },
  {
    rule: 7,
    title: 'A server that answers 40 calls with a 404: it is healthy',
    settings,
    async run({ open }) {
      await using server = await serve((response) => status(response, 404));
      const client = open(server.origin);
      for (let count = 0; count < 40; count++) await endOf(client.send(server.origin));
      return { fact: `sees ${server.requests.length} of them`, good: server.requests.length === 40 };
    },
  },
  {
    rule: 7,
    title: 'Forty calls that their callers abort: the server is healthy',
    settings,
    async run({ open }) {
      await using server = await serve((response, _seen, count) => count > 40 && status(response, 200));
      const client = open(server.origin);
      for (let count = 0; count < 40; count++) {
        const leaving = new AbortController();
        const call = endOf(client.send(server.origin, { signal: leaving.signal }));
        await Promise.race([call, until(() => server.requests.length > count)]);
        leaving.abort();
        await call;
      }
      const end = await endOf(client.send(server.origin));
      return { fact: end === 'answered' ? 'the next is answered' : 'the circuit is open', good: end === 'answered' };
    },
  },
  {
    rule: 7,
    title: 'An answer from before the outage, a 500, arrives while a probe is under way',
    settings,
    async run({ open }) {
      const { server, answer } = await serveByHand();
      await using _server = server;
      const client = open(server.origin);
      const old = endOf(client.send(server.origin));
      await until(() => answer.length === 1);
      for (let count = 2; count <= 11; count++) {
        const call = endOf(client.send(server.origin));
        await until(() => answer.length === count);
        answer[count - 1]?.(500);
        await call;
      }
      await wait(500);
      const probe = endOf(client.send(server.origin));
      await until(() => answer.length === 12);
      answer[0]?.(500);
      await old;
      answer[11]?.(200);
      await probe;
      const next = endOf(client.send(server.origin));
      await Promise.race([next, until(() => answer.length === 13)]);
      answer[12]?.(200);
      const good = (await next) === 'answered';
      return { fact: good ? 'the probe closes the circuit' : 'the old answer opens it again', good };
    },
  },
];
