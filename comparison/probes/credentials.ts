import { setTimeout as wait } from 'node:timers/promises';
import { inspect } from 'node:util';
import type { Settings } from '../contender.ts';
import { endOf, many, type Probe, plural } from '../probe.ts';
import { serve, status } from '../server.ts';

/** A token that has expired, and a count of the refreshes. */
function expiredToken(): NonNullable<Settings['auth']> & { refreshes: number } {
  return {
    token: 'secret-0',
    refreshes: 0,
    async refresh() {
      await wait(20);
      return `secret-${++this.refreshes}`;
    },
  };
}

export const credentials: readonly Probe[] = [
  {
    rule: 6,
    title: 'Seven calls with an expired token, whose 401s arrive one after the other: refreshes',
    settings: () => ({ auth: expiredToken() }),
    async run({ open }) {
      const auth = expiredToken();
      let refused = 0;
      await using server = await serve(async (response, { headers }) => {
        if (headers.authorization !== 'Bearer secret-0') return status(response, 200);
        await wait(100 * refused++);
        return status(response, 401);
      });
      const client = open(server.origin, { auth });
      const ends = await Promise.all(many(7, () => endOf(client.send(server.origin))));
      const answered = ends.filter((end) => end === 'answered').length;
      const good = auth.refreshes === 1 && answered === 7;
      return { fact: `${plural(auth.refreshes, 'refresh').replace('hs', 'hes')}; ${answered} answered`, good };
    },
  },
  {
    rule: 10,
    title: 'What an error reveals when it is printed, or written as JSON',
    settings: () => ({ retries: 0 }),
    async run({ open }) {
      await using server = await serve((response) => status(response, 500));
      const headers = { authorization: 'Bearer hidden-token' };
      const error: unknown = await open(server.origin)
        .send(`${server.origin}/?api_key=hidden-key`, { headers })
        .catch((thrown: unknown) => thrown);
      if (!(error instanceof Error)) return { fact: 'it throws none' };
      const printed = inspect(error, { depth: 4 }) + JSON.stringify(error);
      const shown = [
        printed.includes('hidden-token') && 'the token',
        printed.includes('hidden-key') && 'the key in the URL',
      ];
      const leaks = shown.filter(Boolean).join(', ');
      return { fact: leaks || 'no secret', good: leaks === '' };
    },
  },
  {
    rule: 10,
    title: 'An API key in `x-api-key`, after a redirect to another origin',
    settings: () => ({ apiKey: 'hidden-key' }),
    async run({ open }) {
      await using elsewhere = await serve((response) => status(response, 200));
      await using server = await serve((response) => status(response, 302, { location: elsewhere.origin }));
      await endOf(open(server.origin).send(server.origin));
      const [seen] = elsewhere.requests;
      if (!seen) return { fact: 'not followed' };
      const leaks = seen.headers['x-api-key'] !== undefined;
      return { fact: leaks ? 'sent along' : 'not sent along', good: !leaks };
    },
  },
];
