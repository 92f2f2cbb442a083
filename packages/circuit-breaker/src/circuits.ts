import type { Clock } from '@holdfast/core';
import { Circuit, type CircuitState, type StateChange } from './circuit.ts';
import type { ResolvedOptions } from './options.ts';

/** One circuit in `snapshot()`: plain JSON, and what `initialState` takes. */
export interface CircuitSnapshot {
  readonly key: string;
  readonly state: CircuitState;
  readonly retryAfterMs?: number;
  readonly failures: number;
  readonly successes: number;
}

/** The circuits of one client, by key: a bounded number, of which the idle go first. */
export class Circuits {
  readonly #options: ResolvedOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #byKey = new Map<string, Circuit>();

  constructor(options: ResolvedOptions, clock: Clock, random: () => number) {
    this.#options = options;
    this.#clock = clock;
    this.#random = random;
  }

  get(key: string): Circuit {
    const known = this.#byKey.get(key);
    if (known) return known;
    this.#makeRoom();
    const circuit = new Circuit(key, this.#options, this.#clock, this.#random);
    this.#byKey.set(key, circuit);
    return circuit;
  }

  of(request: Request): Circuit {
    return this.get(this.#options.keyOf(request));
  }

  /** Lets go of what is closed and was idle for a whole window: it has forgotten everything anyway. */
  #makeRoom(): void {
    if (this.#byKey.size < this.#options.maxKeys / 2) return;
    const idleSince = this.#clock.now() - this.#options.windowMs;
    for (const [key, circuit] of this.#byKey) {
      if (circuit.state === 'closed' && circuit.usedAt < idleSince) this.#forget(key, circuit);
    }
    if (this.#byKey.size < this.#options.maxKeys) return;
    const all = [...this.#byKey].sort(([, one], [, other]) => one.usedAt - other.usedAt);
    const [key, circuit] = all.find(([, one]) => one.state === 'closed') ?? (all[0] as [string, Circuit]);
    this.#forget(key, circuit);
  }

  #forget(key: string, circuit: Circuit): void {
    circuit.shutdown();
    this.#byKey.delete(key);
  }

  reset(tell: (change: StateChange) => void): void {
    for (const [key, circuit] of this.#byKey) {
      circuit.close('byHand', tell);
      this.#forget(key, circuit);
    }
  }

  restore(snapshots: readonly CircuitSnapshot[]): void {
    for (const { key, state, retryAfterMs } of snapshots) {
      if (state !== 'closed') this.get(key).restore(state, retryAfterMs ?? 0);
    }
  }

  snapshot(): readonly CircuitSnapshot[] {
    return [...this.#byKey.values()].map((circuit) => {
      const { key, state, retryAfterMs, figures } = circuit;
      return { key, state, ...(state === 'open' && { retryAfterMs }), ...figures };
    });
  }

  shutdown(): void {
    for (const [key, circuit] of this.#byKey) this.#forget(key, circuit);
  }
}
