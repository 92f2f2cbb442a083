import {
  type CredentialsIdentity,
  compose,
  type Handler,
  type RetryRingOptions,
  type Strategy,
} from '@holdfast/core/internal';
import type { Features } from '../feature/feature.ts';
import type { StrategyOrder } from '../strategy-order.ts';
import type { Setup } from './setup.ts';
import type { ClientParts } from './shared-parts.ts';

/** Composes the pipeline, from the outermost ring to the transport. */
export function pipelineOf(
  { retries, streams, bodies, fences }: Features,
  { outside, around, inside }: StrategyOrder,
  transport: Handler,
  rings: RetryRingOptions,
): Handler {
  const fenced = fences?.fencedTransport(transport) ?? transport;
  const received = bodies?.receiving(fenced, bodies.reading, streams?.firstEventJudge) ?? fenced;
  const attempt = compose(inside, received);
  const opened = compose(around, streams?.opening(attempt) ?? attempt);
  return compose(outside, (retries && bodies?.resuming(opened, bodies.resumption, rings)) ?? opened);
}

/** The ring that shares equal requests; absent where the options do not ask for it. */
export function coalescingRing(
  { features, allOwn, where }: Setup,
  { coalescer }: ClientParts,
  identity: CredentialsIdentity | undefined,
): Strategy | undefined {
  const { coalescing } = features;
  if (!coalescing || !coalescer) return undefined;
  const { coalesce, perAttempt = [], transport } = allOwn;
  const sharing = coalescing.resolveCoalesce(coalesce, `${where}: coalesce`);
  if (sharing === false) return undefined;
  return coalescer.for({ identity, scope: coalescing.coalesceScope(sharing, { strategies: perAttempt, transport }) });
}
