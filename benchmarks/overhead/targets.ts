import type { Figures } from './measure.ts';
import type { Overhead } from './overhead.ts';

export interface Target {
  readonly what: string;
  readonly target: string;
  readonly measured: string;
  readonly isMet: boolean;
}

const one = 'stub, GET, one at a time';
const glued = 'ky + Bottleneck + opossum + p-retry';

/** The goals, and the figures that one run reached. */
export function targets({ scenarios, rings, memory }: Overhead): readonly Target[] {
  const of = (name: string, scenario = one): Figures => scenarios[scenario]?.[name] ?? nothing;
  const overBare = of('Holdfast').cpuUs - of('ky, retry and timeout off').cpuUs;
  const base = rings['transport alone']?.cpuUs ?? Number.NaN;
  const ring = (name: string): number => (rings[name]?.cpuUs ?? Number.NaN) - base;
  const decision = (name: string): number => rings[name]?.cpuUs ?? Number.NaN;
  const loopback = (concurrency: string): Figures => of('Holdfast, client.fetch', `loopback, GET, ${concurrency}`);
  const loopbackRatios = ['one at a time', '50 at once'].flatMap((name) => [
    loopback(name).cpuRatio,
    loopback(name).wallRatio,
  ]);
  const retained = Math.max(
    ...['Holdfast', 'Holdfast, client.fetch'].map((name) => memory[name]?.retained ?? Number.NaN),
  );
  const lessCpu = of(glued).cpuUs / of('Holdfast').cpuUs;
  const lessLatency = of(glued).wallUs / of('Holdfast').wallUs;
  return [
    atMost('the client with ky’s face, over ky with retry and timeout off', overBare, 10, ' µs'),
    atMost('the client with ky’s face ÷ ky with its own defaults', of('Holdfast').cpuUs / of('ky').cpuUs, 1, '×', 2),
    atMost('`client.fetch` ÷ bare fetch, stub', of('Holdfast, client.fetch').cpuRatio, 2.8, '×', 2),
    atMost(
      '`client.fetch` ÷ bare fetch, loopback, CPU and wall, the worst of 1 and 50 at once',
      Math.max(...loopbackRatios),
      1.1,
      '×',
      2,
    ),
    atLeast('CPU of the hand-glued stack ÷ Holdfast’s', lessCpu, 15, '×'),
    atLeast('latency of the hand-glued stack ÷ Holdfast’s', lessLatency, 50, '×'),
    atMost('limiter, not binding (`maxConcurrent`)', ring('limiter, maxConcurrent'), 3, ' µs'),
    atMost('limiter, not binding (`requests` in `perMs`)', ring('limiter, requests per time'), 3, ' µs'),
    atMost('circuit, closed', ring('circuit, closed'), 1.5, ' µs'),
    atMost('decision for a success', decision('decide: success'), 0.5, ' µs', 2),
    atMost(
      'decision for a failure',
      Math.max(decision('decide: 503'), decision('decide: 429 with Retry-After')),
      2,
      ' µs',
      2,
    ),
    ...['thrown', 'handed on'].map((end) => {
      const read = ring(`a failure, ${end}, its body read`) - ring(`a failure, ${end}, its body left unread`);
      return atMost(`reading the body of a failure before the decision: the answer is ${end}`, read, 15, ' µs');
    }),
    {
      ...atMost('retained per finished call (less than 8 bytes are no object)', Math.max(0, retained), 0, ' bytes', 0),
      isMet: retained < 8,
    },
  ];
}

const nothing: Figures = { cpuUs: Number.NaN, cpuRatio: Number.NaN, wallUs: Number.NaN, wallRatio: Number.NaN };

function atMost(what: string, value: number, limit: number, unit: string, digits = 1): Target {
  return {
    what,
    target: limit === 0 ? `0${unit}` : `≤ ${limit}${unit}`,
    measured: `${value.toFixed(digits)}${unit}`,
    isMet: value <= limit,
  };
}

function atLeast(what: string, value: number, limit: number, unit: string): Target {
  return { what, target: `≥ ${limit}${unit}`, measured: `${value.toFixed(1)}${unit}`, isMet: value >= limit };
}
