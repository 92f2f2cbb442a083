import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { ClientOptions, EventStream, EventsOptions, ServerEvent } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { bodyOf, events } from './support/event-body.ts';
import { scripted, until } from './support/scripted.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const numbers = ['0', '1', '2', '3', '4', '5'];
const chunks = numbers.map((number) => `data: ${number}\n\n`);

async function all(stream: EventStream<ServerEvent>): Promise<string[]> {
  const data: string[] = [];
  for await (const event of stream) data.push(event.data);
  return data;
}

test('items come in the order in which they are asked for, also by a reader that asks as soon as it has one', async () => {
  const { api, clock } = scripted([events(chunks)]);
  const stream = api.events('x');
  const came: [string, string | undefined][] = [];
  const ask = (name: string): Promise<unknown> =>
    stream.next().then(({ value }) => {
      came.push([name, value?.data]);
    });
  const first = stream.next();
  const again = first.then(() => Promise.all([ask('again'), ask('and again')]));
  await clock.run(Promise.all([ask('second'), ask('third'), again]));
  expect(came).toEqual([
    ['second', '1'],
    ['third', '2'],
    ['again', '3'],
    ['and again', '4'],
  ]);
});

describe('other code that reads an answer, too, takes no event from the stream:', () => {
  let other: Promise<string> | undefined;
  const reads = (response: Response): void => {
    other = response.clone().text();
  };
  test.for<[string, EventsOptions, ClientOptions]>([
    [
      'a hook that reads what it is shown',
      {
        hooks: {
          afterResponse: [
            ({ response }) => {
              other = response.text();
            },
          ],
        },
      },
      {},
    ],
    ['a hook that reads a clone', { hooks: { afterResponse: [({ response }) => reads(response)] } }, {}],
    [
      'a strategy of the call',
      {},
      {
        perCall: [
          {
            name: 'log',
            async execute(request, next, context) {
              const response = await next(request, context);
              reads(response);
              return response;
            },
          },
        ],
      },
    ],
  ])('%s', async ([, options, ofClient]) => {
    const { api, clock } = scripted([events(chunks)], ofClient);
    expect(await clock.run(all(api.events('x', options)))).toEqual(numbers);
    expect(await other).toBe(chunks.join(''));
  });

  test('a later clone is refused', async () => {
    let answer: Response | undefined;
    const { api, clock } = scripted([events(chunks)], {
      perCall: [
        {
          name: 'keep',
          async execute(request, next, context) {
            answer = await next(request, context);
            return answer;
          },
        },
      ],
    });
    const stream = api.events('x');
    await clock.run(stream.next());
    expect(() => answer?.clone()).toThrow(TypeError);
    expect(await clock.run(all(stream))).toEqual(numbers.slice(1));
  });
});

describe('after the last event, a clone of the answer', () => {
  const last: EventsOptions = { until: ({ data }) => data === '5' };

  test('may be read to its end', async () => {
    let other: Promise<string> | undefined;
    const whole = [...chunks, 'data: more\n\n'];
    const read = ({ response }: { response: Response }): void => {
      other = response.clone().text();
    };
    const hooks = { afterResponse: [read] };
    const { api, clock } = scripted([events(whole)], { hooks });
    expect(await clock.run(all(api.events('x', last)))).toEqual(numbers);
    expect(await other).toBe(whole.join(''));
    expect(clock.pending).toBe(0);
  });

  test.each([{}, { rateLimit: { maxConcurrent: 1 } }])(
    'holds nothing where there is none, with %j',
    async (options) => {
      const { response, seen } = bodyOf(chunks, 'stall');
      const { api, clock } = scripted([response], options);
      expect(await clock.run(all(api.events('x', last)))).toEqual(numbers);
      await clock.settle();
      expect(seen.cancelled).toBeDefined();
      expect([clock.now(), clock.pending, api.snapshot().limiters[0]?.running]).toEqual([0, 0, 0]);
    },
  );

  test('holds the connection no longer than a second', async () => {
    let signal: AbortSignal | undefined;
    const answer = events(chunks, 'stall');
    const fetch = async (_input: unknown, init?: RequestInit): Promise<Response> => {
      signal = init?.signal ?? undefined;
      return answer;
    };
    const hooks = {
      afterResponse: [
        ({ response }: { response: Response }) =>
          void response
            .clone()
            .text()
            .catch(() => {}),
      ],
    };
    const { api, clock } = scripted([], { fetch: fetch as typeof globalThis.fetch, hooks });
    expect(await clock.run(all(api.events('x', last)))).toEqual(numbers);
    expect(signal?.aborted).toBe(false);
    await clock.advance(999);
    expect(signal?.aborted).toBe(false);
    await clock.advance(1);
    expect([signal?.aborted, clock.pending]).toEqual([true, 0]);
  });
});

test('a stream that reconnects keeps nothing of its earlier connections', async () => {
  const answers: WeakRef<Response>[] = [];
  const fetch = async (): Promise<Response> => {
    const answer = events([`data: ${answers.length}\n\n`]);
    answers.push(new WeakRef(answer));
    return answer;
  };
  const { signal } = new AbortController();
  const { api, clock } = scripted([], { fetch: fetch as typeof globalThis.fetch, retryBudget: false });
  const stream = api.events('x', { resume: 'always', signal });
  for (let number = 0; number < 30; number++) await clock.run(stream.next());
  const kept = (): number => answers.filter((answer) => answer.deref() !== undefined).length;
  await until(() => {
    collectGarbage();
    return kept() <= 3;
  });
  expect((await clock.run(stream.next())).value?.data).toBe('30');
  stream.close();
});
