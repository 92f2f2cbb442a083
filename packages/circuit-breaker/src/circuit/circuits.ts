import type { CircuitSnapshot } from '../state/circuit-snapshot.ts';
import type { Circuit } from './circuit.ts';

/** What the circuits of a client have in common. */
export interface CircuitsOptions {
  readonly maxKeys: number;
  readonly windowMs: number;
  readonly now: () => number;
  readonly create: (key: string) => Circuit;
}

/** The circuits of one client, by key. Their number is bounded: idle circuits are removed first. */
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

  /** Like `get`, but removes no other circuit. */
  ifRoom(key: string): Circuit | undefined {
    return this.#byKey.get(key) ?? (this.#byKey.size < this.#options.maxKeys ? this.get(key) : undefined);
  }

  keys(): Iterable<string> {
    return this.#byKey.keys();
  }

  /** The circuit of a key, if there is one. */
  find(key: string): Circuit | undefined {
    return this.#byKey.get(key);
  }

  /** Removes idle circuits: those whose window is empty, or that were not used for long. */
  #makeRoom(): void {
    const { maxKeys, windowMs } = this.#options;
    const now = this.#options.now();
    if (now >= this.#sweepAt || this.#byKey.size >= maxKeys) {
      this.#sweepAt = now + windowMs;
      for (const circuit of this.#byKey.values()) {
        if (circuit.isIdle) this.#forget(circuit);
      }
    }
    if (this.#byKey.size >= maxKeys) this.#forget(this.#leastNeeded());
  }

  /**
   * The least recently used circuit. An open one is taken only if all are open, since it keeps calls from being sent.
   */
  #leastNeeded(): Circuit {
    const rank = (circuit: Circuit): number =>
      circuit.usedAt + (circuit.state === 'open' ? Number.MAX_SAFE_INTEGER / 2 : 0);
    return [...this.#byKey.values()].reduce((least, one) => (rank(one) < rank(least) ? one : least));
  }

  #forget(circuit: Circuit): void {
    circuit.shutdown();
    this.#byKey.delete(circuit.key);
  }

  /** Closes all circuits, and forgets their outcomes. */
  reset(): void {
    for (const circuit of this.#byKey.values()) {
      circuit.close('byHand');
      this.#forget(circuit);
    }
  }

  restore(snapshots: readonly CircuitSnapshot[]): void {
    for (const { key, state, retryAfterMs = 0, openings = 1, ...seen } of snapshots) {
      if (state !== 'closed') this.get(key).restore(state, retryAfterMs, openings, seen);
    }
  }

  snapshot(): readonly CircuitSnapshot[] {
    return [...this.#byKey.values()].map((circuit) => {
      const { key, state, retryAfterMs, openings, figures } = circuit;
      return { key, state, ...(state === 'open' && { retryAfterMs }), ...(openings > 1 && { openings }), ...figures };
    });
  }

  shutdown(): void {
    for (const circuit of this.#byKey.values()) this.#forget(circuit);
  }
}
