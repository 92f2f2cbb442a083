import { circuitBreaker } from '@holdfast/circuit-breaker';
import type { Brings } from '../feature/declared.ts';
import type { Feature } from '../feature/feature.ts';

/** A circuit for each origin: `circuitBreaker`. */
export const circuits: Feature = {
  name: 'circuits',
  brings: { shared: { circuitBreaker: { standard: {}, create: circuitBreaker } } } satisfies Brings['circuits'],
};
