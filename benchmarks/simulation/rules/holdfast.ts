import { type ClientOptions, createResilientClient } from 'holdfast';
import type { Answer } from '../server.ts';
import type { Rule, World } from '../world.ts';

/** The real client, with the simulation's clock, and with the simulated server in place of `fetch`. */
export function holdfastWith(name: string, about: string, options: ClientOptions): Rule {
  return {
    name,
    about,
    client(world) {
      const { clock, random, timeoutMs } = world;
      const client = createResilientClient({ timeout: timeoutMs, ...options, clock, random, fetch: wire(world) });
      return async () => {
        try {
          return (await client.fetch('https://api.example.com/orders')).ok;
        } catch {
          return false;
        }
      };
    },
  };
}

export const holdfast: Rule = holdfastWith('Holdfast', 'as it comes', {});

/** A `fetch` that sends to the simulated server. */
function wire({ send }: World): typeof fetch {
  return (_input, init) =>
    new Promise((resolve, reject) => {
      const signal = init?.signal;
      const leave = send((answer) => {
        signal?.removeEventListener('abort', onAbort);
        resolve(responseTo(answer));
      });
      const onAbort = (): void => {
        leave();
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
    });
}

function responseTo({ status, retryAfterMs }: Answer): Response {
  if (retryAfterMs === undefined) return new Response(null, { status });
  return new Response(null, { status, headers: { 'retry-after': String(retryAfterMs / 1000) } });
}
