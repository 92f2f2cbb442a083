import { fastBottleneck } from './fast-bottleneck.ts';
import type { Limit } from './limit.ts';

/**
 * So many at once. One job of Bottleneck's is a block of lanes, and a lane serves one call after the other: Bottleneck
 * is asked for more when more are needed, twice as many each time, never beyond the limit.
 */
export class ConcurrencyLimit implements Limit {
  readonly #limiter: ReturnType<typeof fastBottleneck>;
  readonly #size: number;
  readonly #onReady: () => void;
  readonly #ends: (() => void)[] = [];
  #lanes = 0;
  #free = 0;
  #asking = false;

  constructor(size: number, onReady: () => void) {
    this.#limiter = fastBottleneck(size);
    this.#size = size;
    this.#onReady = onReady;
  }

  atHand(): boolean {
    return this.#free > 0;
  }

  room(): number {
    return this.#size - this.#lanes + this.#free;
  }

  take(): void {
    this.#free--;
  }

  giveBack(): void {
    this.#free++;
  }

  ask(): void {
    if (this.#asking || this.#lanes === this.#size) return;
    this.#asking = true;
    const weight = Math.min(this.#size - this.#lanes, Math.max(1, this.#lanes));
    const lanes = (): Promise<void> => {
      this.#asking = false;
      this.#lanes += weight;
      this.#free += weight;
      const ended = new Promise<void>((resolve) => this.#ends.push(resolve));
      this.#onReady();
      return ended;
    };
    this.#limiter.schedule({ weight }, lanes).catch(ignore);
  }

  isIdle(): boolean {
    return this.#free === this.#lanes && !this.#asking;
  }

  close(): void {
    for (const end of this.#ends) end();
  }
}

/** A job of ours does not fail. */
function ignore(): void {}
