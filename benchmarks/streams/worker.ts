// Reads the same stream in several ways, in turn, and tells the CPU time that each event takes.

import { createParser } from 'eventsource-parser';
import { createResilientClient } from 'holdfast';

type Read = (url: string) => Promise<number>;

const api = createResilientClient();

async function bodyOf(url: string): Promise<AsyncIterable<Uint8Array>> {
  return (await fetch(url)).body as unknown as AsyncIterable<Uint8Array>;
}

/** The parser over fetch, as its documentation has it, with a loop around its events. */
async function* parsed(url: string): AsyncGenerator<unknown> {
  const decoder = new TextDecoder();
  let events: unknown[] = [];
  const parser = createParser({ onEvent: (event) => events.push(event) });
  for await (const chunk of await bodyOf(url)) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    yield* events;
    events = [];
  }
}

async function count(items: AsyncIterable<unknown>): Promise<number> {
  let all = 0;
  for await (const _ of items) all++;
  return all;
}

const ways: Readonly<Record<string, Read>> = {
  'fetch alone': async (url) => {
    for await (const _ of await bodyOf(url));
    return 0;
  },
  'eventsource-parser over fetch, its callback': async (url) => {
    const decoder = new TextDecoder();
    let events = 0;
    const parser = createParser({ onEvent: () => events++ });
    for await (const chunk of await bodyOf(url)) parser.feed(decoder.decode(chunk, { stream: true }));
    return events;
  },
  'eventsource-parser over fetch, a loop': (url) => count(parsed(url)),
  'client.events()': (url) => count(api.events(url)),
};

const [origin = '', rounds = '1', events = '1000'] = process.argv.slice(2);
const per: Record<string, Record<string, number[]>> = {};
for (let round = -1; round < Number(rounds); round++) {
  for (const perWrite of [1, 100]) {
    for (const [name, read] of Object.entries(ways)) {
      const cpu = process.cpuUsage();
      const got = await read(`${origin}count/${events}?per=${perWrite}`);
      const { user, system } = process.cpuUsage(cpu);
      if (got > 0 && got !== Number(events)) throw new Error(`${name} read ${got} of ${events} events`);
      // The first round warms up.
      if (round < 0) continue;
      const figures = per[perWrite] ?? {};
      per[perWrite] = figures;
      figures[name] = [...(figures[name] ?? []), (user + system) / Number(events)];
    }
  }
}
process.send?.(per);
process.disconnect?.();
process.exit();
