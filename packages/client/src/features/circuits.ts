import { circuitBreaker } from '@holdfast/circuit-breaker';
import type { Feature } from '../feature/feature.ts';

/** A circuit for each origin: `circuitBreaker`. */
export const circuits: Feature = {
  name: 'circuits',
  brings: { shared: { circuitBreaker: { standard: {}, create: circuitBreaker } } },
};
