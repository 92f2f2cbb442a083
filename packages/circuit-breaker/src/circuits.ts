import type { Circuit, CircuitFigures, CircuitState } from './circuit.ts';

/** One circuit in `snapshot()`: plain JSON, and what `initialState` takes. */
export interface CircuitSnapshot extends CircuitFigures {
  readonly key: string;
  readonly state: CircuitState;
  /** Milliseconds until a probe is let through, where it is open. */
  readonly retryAfterMs?: number;
}

/** What the circuits of a client have in common. */
export interface CircuitsOptions {
  readonly maxKeys: number;
  readonly windowMs: number;
  readonly now: () => number;
  readonly create: (key: string) => Circuit;
}

/** The circuits of one client, by key: a bounded number, of which the idle go first. */
export class Circuits {
  readonly #options: CircuitsOptions;
  readonly #byKey = new Map<string, Circuit>();
  #sweepAt = 0;

  constructor(options: CircuitsOptions) {
    this.#options = options;
  }

  get(key: string): Circuit {
    const known = this.#byKey.get(key);
    if (known) return known;
    this.#makeRoom();
    const circuit = this.#options.create(key);
    this.#byKey.set(key, circuit);
    return circuit;
  }

  /** Only where there is one. */
  find(key: string): Circuit | undefined {
    return this.#byKey.get(key);
  }

  /** Lets go of what is closed and was idle for a whole window: it has forgotten everything anyway. */
  #makeRoom(): void {
    const { maxKeys, windowMs } = this.#options;
    const now = this.#options.now();
    if (now >= this.#sweepAt || this.#byKey.size >= maxKeys) {
      this.#sweepAt = now + windowMs;
      for (const circuit of this.#byKey.values()) {
        if (circuit.state === 'closed' && circuit.usedAt <= now - windowMs) this.#forget(circuit);
      }
    }
    if (this.#byKey.size >= maxKeys) this.#forget(this.#leastNeeded());
  }

  /** The one unused for longest, if possible one that is closed: an open one knows something. */
  #leastNeeded(): Circuit {
    const rank = (circuit: Circuit): number =>
      circuit.usedAt + (circuit.state === 'closed' ? 0 : Number.MAX_SAFE_INTEGER / 2);
    return [...this.#byKey.values()].reduce((least, one) => (rank(one) < rank(least) ? one : least));
  }

  #forget(circuit: Circuit): void {
    circuit.shutdown();
    this.#byKey.delete(circuit.key);
  }

  /** Closes all, and forgets what they saw. */
  reset(): void {
    for (const circuit of this.#byKey.values()) {
      circuit.close('byHand');
      this.#forget(circuit);
    }
  }

  restore(snapshots: readonly CircuitSnapshot[]): void {
    for (const { key, state, retryAfterMs = 0 } of snapshots) {
      if (state !== 'closed') this.get(key).restore(state, retryAfterMs);
    }
  }

  snapshot(): readonly CircuitSnapshot[] {
    return [...this.#byKey.values()].map((circuit) => {
      const { key, state, retryAfterMs, figures } = circuit;
      return { key, state, ...(state === 'open' && { retryAfterMs }), ...figures };
    });
  }

  shutdown(): void {
    for (const circuit of this.#byKey.values()) this.#forget(circuit);
  }
}
