import type { Dialect } from '../api-answer/dialect.ts';
import type { RequestBody } from '../bodies/request-body.ts';
import type { Emit } from '../events/hub.ts';
import type { FallbackFunction } from '../fallback/fallback.ts';
import type { OriginFence } from '../fences/allowed-origins.ts';
import type { PolicyLevel } from '../policy/table.ts';
import type { Opening } from '../receiving/opening.ts';
import type { RetryHooks } from '../retry/hooks.ts';
import type { Fetch } from '../transport/fetch-transport.ts';
import { markingFailures, marksFailures } from '../transport/marking-failures.ts';
import type { Call } from './call.ts';

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
   * `false`: it puts nothing on a request, and changes no answer, by which callers could be told apart, so that answers
   * may still be shared by `coalesce` and `responseCache`. Such as a strategy that logs, or one that sends trace ids.
   *
   * @defaultValue true: where such a strategy stands further inside, nothing is shared unless `partition` says among whom
   */
  readonly addsIdentity?: boolean;
  execute(request: Request, next: Handler, context: CallContext): Promise<Response>;
}

/** What one call knows on its way inwards. Derived, never changed, but for {@link Call}, which keeps the history. */
export interface CallContext {
  readonly call: Call;
  /** 1 for the first. */
  readonly attempt: number;
  /** The only signal that counts: the caller's abort, the deadline and the attempt's timeout come in by it. */
  readonly signal: AbortSignal;
  readonly random: () => number;
  readonly emit: Emit;
  readonly settings: CallSettings;
  /** How the body can be sent again. */
  readonly body: RequestBody;
  /** How the transport follows redirects, where the platform's way would give credentials away. */
  readonly follow?: (request: Request, send: Handler, context: CallContext) => Promise<Response>;
  /**
   * Begins a call that nobody waits for, such as one that fetches anew what was given stale. It is told by events as any
   * other, has this one's settings, and ends with its client. Resolves when it has ended, whatever it came to. Absent
   * where a pipeline is used alone.
   */
  readonly detach?: (
    request: Request,
    context: CallContext,
    work: (context: CallContext) => Promise<Response>,
  ) => Promise<void>;
  /** It continues a body that still holds the permit of an earlier attempt, and needs no second one. */
  readonly holdsPermit?: boolean;
  /** Called when the headers of a stream are there, whose attempt lasts until its first event. */
  readonly headersCame?: () => void;
  /** What the transport gets besides the request: a runtime's own options such as `dispatcher`, `next`, `cf`. */
  readonly init?: RequestInit;
  /**
   * Headers as the caller wrote them, the nearest first: a Request shows their names in lower case. Their values may have
   * changed since; a transport that writes headers itself takes the case of the names from here.
   */
  readonly headersGiven?: readonly HeadersInit[];
}

/** The options that may differ from call to call, resolved. */
export interface CallSettings {
  /** Whose policies count, first asked first. */
  readonly levels: readonly PolicyLevel[];
  /** One attempt's allowance until the headers, in milliseconds. */
  readonly timeout: number | false;
  /** The whole call's, in milliseconds. */
  readonly totalTimeout: number | false;
  readonly fallback?: FallbackFunction;
  /** How the API speaks, where the general rules cannot know it; absent where the user names none. */
  readonly dialects?: readonly Dialect[];
  /** The body, or its first bytes, are read within the attempt, so that one that breaks off is a failure of the attempt. */
  readonly readBody?: 'inAttempt' | 'firstChunk';
  /** The longest time without a byte of the body while a reader waits for one, in milliseconds. @defaultValue none */
  readonly idleTimeout?: number;
  /** A GET body that breaks is continued by a range request. @defaultValue false */
  readonly resumeBody?: boolean;
  /** Keeps an attempt open beyond its headers. `totalTimeout` is then its own to mind. */
  readonly opening?: Opening;
  /** Retries that were used up before this run of the pipeline. @defaultValue 0 */
  readonly spentRetries?: number;
  /** The header that makes any request replayable. @defaultValue 'Idempotency-Key' */
  readonly idempotencyHeader?: string;
  /** Where requests may go at all. @defaultValue anywhere */
  readonly fence?: OriginFence;
  /** What sends, in place of the platform's `fetch`. */
  readonly fetch?: Fetch;
  /** What asks or tells somebody outside between the attempts, such as ky's hooks. */
  readonly hooks?: RetryHooks;
}

/** The names of what a handler was composed of. */
const composed = new WeakMap<Handler, readonly string[]>();

/**
 * Puts the rings around the transport, the first outermost. Done once for a client, not once for a call.
 *
 * @param transport What sends. A failure of the network that it throws becomes a `NetworkError`; its other errors stay as
 * they are.
 */
export function compose(strategies: readonly Strategy[], transport: Handler): Handler {
  if (strategies.length === 0) return transport;
  const pipeline = strategies.reduceRight<Handler>(
    (next, strategy) => (request, context) => strategy.execute(request, next, context),
    markingFailures(transport),
  );
  composed.set(pipeline, describe(strategies));
  return marksFailures(pipeline);
}

/** The rings' names, outermost first; of a list of strategies, or of what `compose` made. */
export function describe(pipeline: Handler | readonly Strategy[]): readonly string[] {
  return typeof pipeline === 'function' ? (composed.get(pipeline) ?? []) : pipeline.map(({ name }) => name);
}
