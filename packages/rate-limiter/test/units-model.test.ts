import { describe, expect, test } from 'vitest';
import { type Begun, type Scene, scene } from './support/scene.ts';
import { type ModelCall, UnitsModel } from './support/units-model.ts';

/**
 * Random calls against a limit in a unit and against a model of it: costs of every kind, functions that fail or take
 * their time, answers of every kind, usages of every kind, callers who give up in each state, priorities.
 */

const amount = 100;
const perMs = 10_000;

interface Pair {
  readonly real: Begun;
  readonly model: ModelCall;
  /** Ends the cost function, if it takes its time. */
  readonly tell: (() => void) | undefined;
  told: boolean;
  step: 'before' | 'answered' | 'done';
}

class Run {
  readonly #next: () => number;
  readonly #all: Scene;
  readonly #model: UnitsModel;
  readonly #pairs: Pair[] = [];
  readonly #costs = new Map<string, unknown>();
  readonly log: string[] = [];
  /** A body that others wait for is read ahead. */
  readonly #isReadAtOnce: boolean;

  constructor(seed: number) {
    this.#next = randomOf(seed);
    const atOnce = this.#pick([undefined, undefined, 1, 3]);
    this.#isReadAtOnce = atOnce !== undefined;
    this.#model = new UnitsModel(amount, perMs, atOnce);
    const unit = { unit: 'tokens', amount, perMs, usage: 'used', cost: (request: Request) => this.#cost(request) };
    this.#all = scene([
      { ...unit, adaptive: false },
      ...(atOnce === undefined ? [] : [{ maxConcurrent: atOnce }]),
    ] as never);
  }

  async run(steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) {
      const open = this.#pairs.filter((pair) => pair.step !== 'done');
      const roll = this.#next();
      if (roll < 0.35 || open.length === 0) await this.#begin();
      else if (roll < 0.55) await this.#pass(this.#pick([1, 10, 500, 3000, perMs - 1, perMs]));
      else await this.#go(this.#pick(open));
      this.#compare();
    }
    for (const pair of this.#pairs) {
      pair.tell?.();
      await pair.real.abort();
      if (pair.step === 'answered') await pair.real.response?.body?.cancel();
    }
    await this.#all.clock.advance(perMs);
    const [snapshot] = this.#all.limiter.snapshot();
    expect(snapshot, this.log.join('\n')).toMatchObject({
      ...{ running: 0, queued: 0, units: [{ used: 0, reserved: 0 }] },
    });
    expect(this.#all.clock.pending).toBe(0);
  }

  #cost({ headers }: Request): number | Promise<number> {
    const value = this.#costs.get(headers.get('x-id') ?? '');
    if (value instanceof Error) throw value;
    return value as number | Promise<number>;
  }

  async #begin(): Promise<void> {
    const id = String(this.#pairs.length);
    const cost = this.#pick<unknown>([
      0,
      1,
      7,
      30,
      60,
      99.5,
      amount,
      amount + 0.5,
      -1,
      Number.NaN,
      'much',
      Number.POSITIVE_INFINITY,
      new Error('no cost'),
    ]);
    const priority = this.#pick<'high' | 'auto' | 'low'>(['high', 'auto', 'auto', 'auto', 'low']);
    const isSlow = this.#next() < 0.25;
    const model = this.#model.begin(priority);
    let tell: (() => void) | undefined;
    if (isSlow) {
      const later = new Promise((resolve, reject) => {
        tell = () => (cost instanceof Error ? reject(cost) : resolve(cost));
      });
      later.catch(() => undefined);
      this.#costs.set(id, later);
    } else this.#costs.set(id, cost);
    this.log.push(`${this.#model.now}: ${id} begins, ${String(cost)}, ${priority}${isSlow ? ', slowly' : ''}`);
    const real = await this.#all.begin({ headers: { 'x-id': id }, priority });
    const pair: Pair = { real, model, tell: undefined, told: !isSlow, step: 'before' };
    if (!isSlow) this.#model.costs(model, cost);
    this.#pairs.push(
      tell === undefined ? pair : Object.assign(pair, { tell: () => this.#tell(pair, cost, tell as () => void) }),
    );
  }

  #tell(pair: Pair, cost: unknown, tell: () => void): void {
    if (pair.told) return;
    pair.told = true;
    tell();
    this.#model.costs(pair.model, cost);
  }

  async #pass(ms: number): Promise<void> {
    this.log.push(`${this.#model.now}: ${ms} ms pass`);
    await this.#all.clock.advance(ms);
    this.#model.passes(ms);
  }

  async #go(pair: Pair): Promise<void> {
    const { real, model } = pair;
    const id = this.#pairs.indexOf(pair);
    const say = (what: string): void => {
      this.log.push(`${this.#model.now}: ${id} ${what}`);
    };
    if (model.state === 'ended') {
      pair.step = 'done';
      return;
    }
    if (model.state === 'asking' && this.#next() < 0.7) {
      say('tells its cost');
      pair.tell?.();
      await this.#all.clock.advance(0);
      return;
    }
    if (model.state !== 'sent') {
      say('gives up');
      await real.abort();
      this.#model.aborts(model);
      pair.step = 'done';
      return;
    }
    if (pair.step === 'before') await this.#answer(pair, say);
    else await this.#read(pair, say);
  }

  async #answer(pair: Pair, say: (what: string) => void): Promise<void> {
    const { real, model } = pair;
    const kind = this.#pick(['ok', 'ok', 'ok', 'ok', 'error', 'refused', 'reset', 'abort', 'empty']);
    say(`is answered: ${kind}`);
    pair.step = kind === 'ok' ? 'answered' : 'done';
    if (kind === 'ok') await real.answer(Response.json({ used: this.#usage(pair) }));
    else if (kind === 'error') await real.answer(500);
    else if (kind === 'empty') await real.answer(204);
    else if (kind === 'abort') await real.abort();
    else await real.answer(broken(kind === 'refused' ? 'ECONNREFUSED' : 'ECONNRESET'));
    if (kind === 'ok') return this.#isReadAtOnce ? this.#read(pair, say) : undefined;
    this.#model.settles(model, kind === 'refused' ? 0 : undefined);
    this.#model.frees(model);
  }

  readonly #usages = new Map<Pair, unknown>();

  #usage(pair: Pair): unknown {
    const usage = this.#pick<unknown>([0, 1, 50, 250, -1, 'much', null, undefined]);
    this.#usages.set(pair, usage);
    return usage;
  }

  async #read(pair: Pair, say: (what: string) => void): Promise<void> {
    const { real, model } = pair;
    const usage = this.#usages.get(pair);
    pair.step = 'done';
    if (this.#isReadAtOnce || this.#next() < 0.7) {
      say(`is read: ${String(usage)}`);
      await real.response?.text();
      await this.#all.clock.advance(0);
      this.#model.settles(model, typeof usage === 'number' && usage >= 0 ? usage : undefined);
      this.#model.frees(model);
    } else {
      say('is left unread');
      await real.response?.body?.cancel();
      await this.#all.clock.advance(0);
      this.#model.frees(model);
      this.#model.settles(model);
    }
  }

  #compare(): void {
    const model = this.#pairs.map(({ model: { sentAt, end } }) => [sentAt, end]);
    const real = this.#pairs.map(({ real: one, model: { state } }) => [
      one.sentAt,
      state === 'ended' ? endOf(one) : undefined,
    ]);
    const [snapshot] = this.#all.limiter.snapshot();
    const units = snapshot?.units?.[0];
    const { used, reserved, waiting } = this.#model;
    expect([real, round(units?.used), round(units?.reserved), snapshot?.queued], this.log.join('\n')).toEqual([
      ...[model, round(used), round(reserved), waiting],
    ]);
  }

  #pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#next() * list.length)] as T;
  }
}

function endOf({ end }: Begun): unknown {
  return typeof end === 'string' && end.includes('cost()') ? 'bad cost' : end;
}

function round(value = 0): number {
  return Math.round(value * 1000) / 1000;
}

function broken(code: string): Error {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });
}

/** Numbers in [0, 1) that are the same in each run. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

describe('a limit in a unit does what its documentation says, whatever its callers and servers do', () => {
  test.each(Array.from({ length: 40 }, (_, index) => index + 1))('seed %i', async (seed) => {
    await new Run(seed).run(40);
  });
});
