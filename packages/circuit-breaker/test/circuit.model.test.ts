import { systemClock } from '@holdfast/core';
import { ManualClock } from '@holdfast/core/testing';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { Circuit } from '../src/circuit/circuit.ts';
import { resolveOptions } from '../src/options/options.ts';
import type { CircuitOutcome, Pass } from '../src/state/circuit-state.ts';
import { opossum } from '../src/window/opossum.ts';

// A circuit counts only once opossum is loaded. The ring waits for that, and here the test does.
beforeAll(async () => {
  await opossum.load(systemClock);
});

/**
 * The reference model: only what defines a circuit. Its window is a list of outcomes, each with its bucket. It needs no
 * eras, because each outcome carries the number of the state in which it was admitted.
 */
class Model {
  state: 'closed' | 'open' | 'halfOpen' = 'closed';
  era = 0;
  until = 0;
  openings = 0;
  probing = 0;
  probedAt = 0;
  seen: { bucket: number; failed: boolean }[] = [];
  readonly ratio: number;
  constructor(ratio: number) {
    this.ratio = ratio;
  }
  enter(state: 'closed' | 'open' | 'halfOpen'): void {
    this.state = state;
    this.era++;
    this.probing = 0;
    if (state === 'closed') this.openings = 0;
    if (state === 'closed') this.seen = [];
  }
  admit(now: number): { era: number; probe: boolean } | undefined {
    if (this.state === 'closed') return { era: this.era, probe: false };
    if (this.state === 'open' && now >= this.until) this.enter('halfOpen');
    if (this.state === 'open' || (this.probing > 0 && now < this.probedAt + 1000)) return undefined;
    this.probing++;
    this.probedAt = now;
    return { era: this.era, probe: true };
  }
  settle(pass: { era: number; probe: boolean }, outcome: CircuitOutcome, now: number): void {
    if (pass.era !== this.era) return;
    if (pass.probe) {
      this.probing--;
      if (outcome === 'failure') this.open(now);
      if (outcome === 'success') this.enter('closed');
    } else if (outcome !== 'neutral') {
      const bucket = Math.floor(now / 100);
      this.seen = [...this.seen, { bucket, failed: outcome === 'failure' }].filter((one) => one.bucket > bucket - 10);
      const failures = this.seen.filter(({ failed }) => failed).length;
      const newer = this.seen.filter((one) => one.bucket > bucket - 6);
      const isRatio = this.seen.length >= 4 && failures / this.seen.length >= this.ratio;
      const isDead = newer.length >= 4 && newer.every(({ failed }) => failed);
      if (outcome === 'failure' && (isRatio || isDead)) this.open(now);
    }
  }
  open(now: number): void {
    this.until = now + Math.min(100 * 2 ** this.openings, 1000);
    const { openings } = this;
    this.enter('open');
    this.openings = openings + 1;
  }
}

test.each([0.5, 0.95])(
  'a circuit of ratio %f agrees with its model under any interleaving of calls, outcomes and time',
  async (failureRatio) => {
    const options = resolveOptions(
      { failureRatio, minimumCalls: 4, windowMs: 1000, openMs: 100, maxOpenMs: 1000 },
      'test',
    );
    const command = fc.oneof(
      { weight: 4, arbitrary: fc.constant({ type: 'begin' as const }) },
      {
        weight: 4,
        arbitrary: fc.record({
          type: fc.constant('end' as const),
          which: fc.nat(),
          outcome: fc.constantFrom<CircuitOutcome>('success', 'failure', 'failure', 'neutral'),
        }),
      },
      { weight: 2, arbitrary: fc.record({ type: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 400 }) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 60, maxLength: 200, size: 'max' }), async (commands) => {
        let now = 0;
        const clock = Object.assign(new ManualClock(), { now: () => now });
        const circuit = new Circuit(
          'key',
          options,
          clock,
          () => 1,
          () => undefined,
        );
        const model = new Model(failureRatio);
        const running: { real: Pass; expected: { era: number; probe: boolean } }[] = [];
        for (const one of commands) {
          if (one.type === 'pass') now += one.ms;
          if (one.type === 'begin') {
            const real = circuit.admit();
            const expected = model.admit(now);
            expect(real !== undefined).toBe(expected !== undefined);
            if (real !== undefined && expected) running.push({ real, expected });
          }
          if (one.type === 'end' && running.length > 0) {
            const [ended] = running.splice(one.which % running.length, 1);
            if (!ended) continue;
            circuit.settle(ended.real, one.outcome);
            model.settle(ended.expected, one.outcome, now);
          }
          const lazily = model.state === 'open' && now >= model.until ? 'halfOpen' : model.state;
          expect(circuit.state).toBe(lazily);
        }
        circuit.shutdown();
      }),
      { numRuns: 200 },
    );
  },
);
