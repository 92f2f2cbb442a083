import type { ResolvedOptions } from '../options/options.ts';
import type { CircuitState } from '../state/circuit-state.ts';

/** A server that works answers a probe within this time, in milliseconds. */
const longestPatienceMs = 1_000;

/**
 * The probes of a half-open circuit, and the calls that wait for their verdict.
 *
 * A call takes its place when it passes the gate, since it may have to queue before it is sent; until then it is
 * expected. So of ten calls that begin at once, one probes and nine wait.
 */
export class Probes {
  /** How long a call waits for their verdict, in milliseconds. */
  readonly patienceMs: number;
  readonly #most: number;
  readonly #lostAfterMs: number;
  #underWay = 0;
  #latestAt = 0;
  readonly #expected = new Set<object>();
  #verdict: Promise<void> | undefined;
  #wake = (): void => {};

  constructor({ probes, openMs, maxOpenMs }: Pick<ResolvedOptions, 'probes' | 'openMs' | 'maxOpenMs'>) {
    this.patienceMs = Math.min(openMs, longestPatienceMs);
    this.#most = probes;
    this.#lostAfterMs = maxOpenMs;
  }

  /** May an attempt be sent as a probe? One that no timeout ends does not block others for ever. */
  admits(now: number): boolean {
    return this.#underWay < this.#most || this.#isLost(now);
  }

  /** Is there a place that no call under way or in the queue will take? */
  hasRoom(now: number): boolean {
    const expected = this.#expected.size;
    return this.#underWay + expected < this.#most || (expected === 0 && this.#isLost(now));
  }

  /** Resolves when a probe has ended, or the circuit has changed its state. */
  get verdict(): Promise<void> {
    this.#verdict ??= new Promise((resolve) => {
      this.#wake = resolve;
    });
    return this.#verdict;
  }

  /** A call that will probe has passed the gate. Returns the function that gives up its place, if it was not sent. */
  expect(): () => void {
    const place = {};
    this.#expected.add(place);
    return () => {
      if (this.#expected.delete(place)) this.#wakeWaiting();
    };
  }

  started(at: number): void {
    this.#underWay++;
    this.#latestAt = at;
    const [place] = this.#expected;
    if (place) this.#expected.delete(place);
  }

  ended(): void {
    this.#underWay--;
    this.#wakeWaiting();
  }

  /** The circuit has changed its state: the probes belong to an earlier era. */
  forget(state: CircuitState): void {
    this.#underWay = 0;
    if (state !== 'halfOpen') this.#expected.clear();
    this.#wakeWaiting();
  }

  #isLost(now: number): boolean {
    return now - this.#latestAt >= this.#lostAfterMs;
  }

  #wakeWaiting(): void {
    this.#verdict = undefined;
    this.#wake();
  }
}
