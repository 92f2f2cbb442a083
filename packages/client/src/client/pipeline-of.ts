import type { CredentialsIdentity, RetryRingOptions } from '@holdfast/core/internal';
import { compose, type Handler, type Strategy } from '@holdfast/core/internal';
import type { Features } from '../feature/feature.ts';
import type { ClientOptions } from '../options/options.ts';
import type { StrategyOrder } from '../strategy-order.ts';
import type { ClientParts } from './shared-parts.ts';

/** Composes the pipeline, from the outermost ring to the transport. */
export function pipelineOf(
  { retries, streams, bodies, fences }: Features,
  { outside, around, inside }: StrategyOrder,
  transport: Handler,
  ring: RetryRingOptions,
): Handler {
  const fenced = fences?.fencedTransport(transport) ?? transport;
  const received = bodies?.receiving(fenced, streams?.firstEventJudge) ?? fenced;
  const attempt = compose(inside, received);
  const opened = compose(around, streams?.opening(attempt) ?? attempt);
  return compose(outside, (retries && bodies?.resuming(opened, ring)) ?? opened);
}

/** The inputs of the ring that shares equal requests. */
interface CoalescingParts {
  readonly identity: CredentialsIdentity | undefined;
  readonly options: ClientOptions;
  readonly where: string;
}

/** The ring that shares equal requests; absent where the options do not ask for it. */
export function coalescingRing(
  { coalescing }: Features,
  { coalescer }: ClientParts,
  { identity, options, where }: CoalescingParts,
): Strategy | undefined {
  if (!coalescing || !coalescer) return undefined;
  const { coalesce, perAttempt = [], transport } = options;
  const sharing = coalescing.resolveCoalesce(coalesce, `${where}: coalesce`);
  if (sharing === false) return undefined;
  return coalescer.for({ identity, scope: coalescing.coalesceScope(sharing, { strategies: perAttempt, transport }) });
}
