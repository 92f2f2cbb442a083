import type { Probe } from '../probe.ts';
import { bodies } from './bodies.ts';
import { callers } from './callers.ts';
import { circuit } from './circuit.ts';
import { credentials } from './credentials.ts';
import { load } from './load.ts';
import { price } from './price.ts';
import { retries } from './retries.ts';
import { safety } from './safety.ts';
import { serverTiming } from './server-timing.ts';

/** In the order of the rules; what has none is the ground, or the price. */
export const probes: readonly Probe[] = [
  ...retries,
  ...[...callers, ...bodies, ...serverTiming, ...safety, ...credentials, ...circuit, ...load].sort(
    (a, b) => (a.rule ?? 0) - (b.rule ?? 0),
  ),
  ...price,
];
