// Reads the same stream in several ways, in turn, and reports the CPU time per event.

import { createParser } from 'eventsource-parser';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { createResilientClient } from 'holdfast';

type Read = (url: string) => Promise<number>;

const api = createResilientClient();

async function bodyOf(url: string): Promise<AsyncIterable<Uint8Array>> {
  return (await fetch(url)).body as unknown as AsyncIterable<Uint8Array>;
}

/** The parser on fetch, with a generator around its events. */
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

/**
 * The same with the cheapest possible loop: a hand-written iterator that parses the next chunk when its events are used
 * up.
 */
function batched(url: string): AsyncIterable<unknown> {
  const decoder = new TextDecoder();
  let events: unknown[] = [];
  let at = 0;
  const parser = createParser({ onEvent: (event) => events.push(event) });
  let body: ReadableStreamDefaultReader<Uint8Array> | undefined;
  const read = async (): Promise<IteratorResult<unknown>> => {
    while (at === events.length) {
      body ??= ((await fetch(url)).body as ReadableStream<Uint8Array>).getReader();
      const { done, value } = await body.read();
      if (done) return { done: true, value: undefined };
      events = [];
      at = 0;
      parser.feed(decoder.decode(value, { stream: true }));
    }
    return { done: false, value: events[at++] };
  };
  const next = (): Promise<IteratorResult<unknown>> =>
    at < events.length ? Promise.resolve({ done: false, value: events[at++] }) : read();
  return { [Symbol.asyncIterator]: () => ({ next }) };
}

/** As the parser's documentation shows it. */
async function piped(url: string): Promise<AsyncIterable<unknown>> {
  const body = (await fetch(url)).body as ReadableStream<Uint8Array<ArrayBuffer>>;
  return body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream()) as never;
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
  'eventsource-parser over fetch, the cheapest loop': (url) => count(batched(url)),
  'eventsource-parser over fetch, a generator': (url) => count(parsed(url)),
  'eventsource-parser over fetch, its own stream': async (url) => count(await piped(url)),
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
