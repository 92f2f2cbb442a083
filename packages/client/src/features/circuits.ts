import {
  type CircuitBreaker,
  type CircuitBreakerOptions,
  type CircuitSnapshot,
  circuitBreaker,
} from '@holdfast/circuit-breaker';
import type { Feature } from '../feature/feature.ts';

export type { CircuitBreakerOptions, CircuitSnapshot };

declare module '../feature/declared.js' {
  interface Brings {
    readonly circuits: Declared;
  }

  interface FeatureOptions {
    /** A circuit for each origin; `false` for none. @defaultValue on, see {@link CircuitBreakerOptions} */
    readonly circuitBreaker?: CircuitBreakerOptions | false | undefined;
  }

  interface FeatureSnapshots {
    readonly circuits: readonly CircuitSnapshot[];
  }

  interface FeatureMembers {
    /** Opens and closes circuits by hand; a key is what `snapshot()` shows, an origin by default. */
    readonly circuits: CircuitBreaker['circuits'];
  }

  interface SharedParts {
    readonly circuitBreaker?: CircuitBreaker | undefined;
  }
}

/** If the breaker is off, there is no circuit to open by hand. */
const switchedOff: CircuitBreaker['circuits'] = {
  open: () => {
    throw new TypeError('circuits.open: this client has circuitBreaker: false');
  },
  close: () => undefined,
  reset: () => undefined,
};

/** A circuit for each origin: `circuitBreaker`. */
export const circuits: Feature = {
  name: 'circuits',
  brings: {
    shared: { circuitBreaker: { standard: {}, create: circuitBreaker } },
    members: ({ circuitBreaker: breaker }) => ({ circuits: breaker?.circuits ?? switchedOff }),
    snapshot: ({ circuitBreaker: breaker }) => (breaker ? { circuits: breaker.snapshot() } : {}),
  },
};
