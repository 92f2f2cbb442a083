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

/**
 * All probes in the order of their rules. Probes without a rule stand first, or at the end if they are about the price.
 */
export const probes: readonly Probe[] = [
  ...retries,
  ...[...callers, ...bodies, ...serverTiming, ...safety, ...credentials, ...circuit, ...load].sort(
    (a, b) => (a.rule ?? 0) - (b.rule ?? 0),
  ),
  ...price,
];
