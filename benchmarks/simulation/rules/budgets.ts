import type { Outcome, Rule } from '../world.ts';
import { asked, isAnswered, isThrottled, retrying } from './retrying.ts';

/** Rules that limit the share of retries. */

/**
 * The standard mode of the AWS SDKs, with the defaults since November 2026: a retry costs 14 of 500 tokens, the retry of
 * a throttled request costs 5, a timeout costs the same as other failures, and a success gives tokens back. The backoff
 * starts at 50 ms, for a throttled request at one second.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
export const awsStandard: Rule = {
  name: 'AWS standard',
  about: 'two retries from a bucket of 500 tokens; each costs 14, or 5 where the request was throttled',
  client(world) {
    let tokens = 500;
    return async () => {
      let held = 0;
      for (let attempt = 1; ; attempt++) {
        const outcome = await world.attempt();
        if (isAnswered(outcome)) {
          tokens = Math.min(500, tokens + (attempt === 1 ? 1 : held));
          return true;
        }
        held = isThrottled(outcome) ? 5 : 14;
        if (attempt >= 3 || tokens < held) return false;
        tokens -= held;
        const backoff = world.random() * Math.min(20_000, (isThrottled(outcome) ? 1000 : 50) * 2 ** (attempt - 1));
        const wait = asked(outcome);
        await world.clock.sleep(wait === undefined ? backoff : Math.min(Math.max(wait, backoff), backoff + 5000));
      }
    };
  },
};

/** gRFC A6: ten tokens; a failure takes one, a success adds a tenth; retries only while more than half are left. */
export const grpc: Rule = {
  name: 'gRPC throttling',
  about: 'three retries while more than 5 of 10 tokens are left; a failure costs one, a success gives 0.1',
  client(world) {
    let tokens = 10;
    return retrying(
      world,
      (outcome, retry) => {
        if (retry > 3 || tokens <= 5) return undefined;
        return asked(outcome) ?? Math.min(1000, 100 * 2 ** (retry - 1)) * (0.8 + 0.4 * world.random());
      },
      (outcome) => {
        tokens = isAnswered(outcome) ? Math.min(10, tokens + 0.1) : Math.max(0, tokens - 1);
      },
    );
  },
};

/** Finagle: a fifth of the requests of the last ten seconds, plus ten a second; retries without a wait. */
export const finagle: Rule = {
  name: 'Finagle budget',
  about: 'retries up to 20 % of the calls of the last 10 s, and ten a second on top',
  client(world) {
    const windowMs = 10_000;
    const deposits: number[] = [];
    const withdrawals: number[] = [];
    const recent = (times: number[]): number => {
      while ((times[0] ?? Number.POSITIVE_INFINITY) <= world.clock.now() - windowMs) times.shift();
      return times.length;
    };
    const call = retrying(world, (outcome, retry) => {
      const left = 0.2 * recent(deposits) + 10 * (windowMs / 1000) - recent(withdrawals);
      if (retry > 3 || left < 1) return undefined;
      withdrawals.push(world.clock.now());
      return asked(outcome) ?? 0;
    });
    return () => {
      deposits.push(world.clock.now());
      return call();
    };
  },
};

/**
 * The SRE book's client-side throttling with K = 2 over two minutes, and its retries: three attempts, a tenth of the
 * traffic.
 */
export const sreThrottling: Rule = {
  name: 'SRE throttling',
  about: 'rejects by itself what goes beyond twice what was accepted in two minutes; retries up to a tenth',
  client(world) {
    const seen: { readonly at: number; readonly accepted: boolean }[] = [];
    let [requests, accepts, retries] = [0, 0, 0];
    const forget = (): void => {
      while ((seen[0]?.at ?? Number.POSITIVE_INFINITY) <= world.clock.now() - 120_000) {
        const oldest = seen.shift();
        requests--;
        if (oldest?.accepted) accepts--;
      }
    };
    const send = async (): Promise<Outcome | 'rejected'> => {
      forget();
      const rejected = world.random() < (requests - 2 * accepts) / (requests + 1);
      const outcome = rejected ? 'rejected' : await world.attempt();
      const accepted = outcome !== 'rejected' && isAnswered(outcome);
      requests++;
      if (accepted) accepts++;
      seen.push({ at: world.clock.now(), accepted });
      return outcome;
    };
    return async () => {
      for (let attempt = 1; ; attempt++) {
        const outcome = await send();
        if (outcome === 'rejected') return false;
        if (isAnswered(outcome)) return true;
        if (attempt >= 3 || retries >= 0.1 * requests) return false;
        retries++;
        await world.clock.sleep(asked(outcome) ?? world.random() * 100 * 2 ** (attempt - 1));
      }
    };
  },
};
