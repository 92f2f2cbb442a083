import type { Rule, World } from '../world.ts';
import { isAnswered, retrying } from './retrying.ts';

/** opossum 10 with its defaults: opens above 50 %, even at the first failure, for 30 s; then one call probes. */
class Opossum {
  readonly #world: World;
  readonly #seen: { readonly at: number; readonly failed: boolean }[] = [];
  #state: 'closed' | 'open' | 'halfOpen' = 'closed';
  #openUntil = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** Sends, or rejects without sending. */
  async fire(send: () => Promise<boolean>): Promise<boolean | 'rejected'> {
    const { clock } = this.#world;
    if (this.#state === 'open' && clock.now() >= this.#openUntil) this.#state = 'halfOpen';
    else if (this.#state !== 'closed') return 'rejected';
    const ok = await send();
    this.#seen.push({ at: clock.now(), failed: !ok });
    if (ok) {
      if (this.#state === 'halfOpen') this.#state = 'closed';
      return true;
    }
    while ((this.#seen[0]?.at ?? 0) < clock.now() - 10_000) this.#seen.shift();
    const failures = this.#seen.filter(({ failed }) => failed).length;
    if (this.#state === 'halfOpen' || (this.#state === 'closed' && failures / this.#seen.length > 0.5)) {
      this.#state = 'open';
      this.#openUntil = clock.now() + 30_000;
      this.#seen.length = 0;
    }
    return false;
  }
}

export const opossum: Rule = {
  name: 'opossum',
  about: 'as it comes: open for 30 s when more than half of 10 s failed; no retries',
  client(world) {
    const breaker = new Opossum(world);
    return async () => (await breaker.fire(async () => isAnswered(await world.attempt()))) === true;
  },
};

/**
 * A common combination: ky around Bottleneck (50 calls at once) around opossum around p-retry. p-retry retries twice,
 * after 1 and 2 s; ky retries twice again, whatever the reason of the failure.
 */
export const handGlued: Rule = {
  name: 'hand-glued stack',
  about: 'ky → Bottleneck (50 at once) → opossum → p-retry (2 retries), each as it comes',
  client(world) {
    const breaker = new Opossum(world);
    const lane = lanes(50);
    const inner = retrying(world, (_outcome, retry) => (retry > 2 ? undefined : 1000 * 2 ** (retry - 1)));
    return async () => {
      for (let retry = 0; ; retry++) {
        const outcome = await lane(() => breaker.fire(inner));
        if (outcome === true) return true;
        if (retry >= 2) return false;
        await world.clock.sleep(300 * 2 ** retry);
      }
    };
  },
};

/** Limits how many calls run at once; the others wait in order. */
function lanes(size: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= size) await new Promise<void>((go) => waiting.push(go));
    else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
