import type { CallContext } from './call-context.ts';

/** Anything that sends: the transport is a handler, and so is a composed pipeline. */
export type Handler = (request: Request, context: CallContext) => Promise<Response>;

/**
 * One ring of the pipeline.
 *
 * @remarks A response of any status resolves; only "no response" rejects. A strategy may call `next` not at all, once,
 * or many times, and gives it a derived context (`{...context, signal}`), never a changed one. What is shared by calls
 * lives in the strategy object; what belongs to one call, in local variables of `execute`.
 */
export interface Strategy {
  readonly name: string;
  /**
   * `false`: the strategy adds nothing to a request, and changes no answer, that depends on the caller, so answers may
   * still be shared by `coalesce` and `responseCache`. Examples are a strategy that logs and one that sends trace ids.
   *
   * @defaultValue true: if such a strategy is further inside, nothing is shared unless `partition` says which calls may
   * share
   */
  readonly addsIdentity?: boolean;
  execute(request: Request, next: Handler, context: CallContext): Promise<Response>;
}

/** The names of what a handler was composed of. */
const composed = new WeakMap<Handler, readonly string[]>();

/** Puts the rings around the transport, the first outermost. */
export function ringed(strategies: readonly Strategy[], innermost: Handler): Handler {
  const pipeline = strategies.reduceRight<Handler>(
    (next, strategy) => (request, context) => strategy.execute(request, next, context),
    innermost,
  );
  composed.set(pipeline, describe(strategies));
  return pipeline;
}

/** The rings' names, outermost first; of a list of strategies, or of what `compose` made. */
export function describe(pipeline: Handler | readonly Strategy[]): readonly string[] {
  return typeof pipeline === 'function' ? (composed.get(pipeline) ?? []) : pipeline.map(({ name }) => name);
}
