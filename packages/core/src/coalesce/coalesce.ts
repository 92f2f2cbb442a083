import type { CredentialsIdentity } from '../credentials/identity.ts';
import { noSender, type Sender } from '../credentials/sender.ts';
import type { CallContext } from '../kernel/call-context.ts';
import type { Handler, Strategy } from '../kernel/pipeline.ts';
import { originOf } from '../platform/origin.ts';
import { isOfThisRequest } from '../platform/requests-apart.ts';
import { mayChange } from '../sharing/may-change.ts';
import { type SharingScope, sharingScope } from '../sharing/sharing-scope.ts';
import type { CoalescedCall, CoalesceOptions } from './options.ts';
import { SharedRequest } from './shared-request.ts';
import { sharingKey } from './sharing-key.ts';

/**
 * Equal requests that are in flight at the same time are sent once.
 *
 * A page that renders ten components asks for the same user ten times; a cache entry expires, and a thousand requests
 * ask for it at once. The naive remedy, a map from URL to promise, shares too much. The first caller's abort ends all
 * calls, its time limit holds for all, and one body has one reader. Worse, the key is made before credentials are put on,
 * so one user gets the answer of another; and a GET that follows a PUT joins a GET from before it, and shows the old state.
 *
 * So the shared request belongs to none of the calls that wait for it. It has a signal and a history of its own, and
 * ends when the last of them has left. Its key contains the sender: the caller's headers, the credentials that `auth`
 * will put on, and, if user code further inside may add an identity, the value of `partition`; without that, nothing is
 * shared. An answered request that may have changed something closes all shared requests of its origin to further
 * calls.
 *
 * It is inside the deadline, which each caller has separately, and outside the retries: budget, limiter and circuit
 * count one call, and the calls that wait for a retry wait for one.
 */
export interface Coalescer {
  /** The ring of one client. All rings of a coalescer learn of each other's changes; they share no requests. */
  for(parts: CoalescerParts): Strategy;
}

/** What a client's ring has to know about the strategies further inside. */
export interface CoalescerParts {
  readonly identity?: CredentialsIdentity | undefined;
  readonly scope: SharingScope;
}

/** The shared requests that calls may join, by origin and key. */
type Open = Map<string, Map<string, SharedRequest>>;

/** The shared state of a client and of those that `extend()` made from it. */
export function coalescer(): Coalescer {
  const open: Open = new Map();
  let rings = 0;
  return {
    for(parts) {
      const ring = ++rings;
      return {
        name: 'coalesce',
        execute(request, next, context) {
          if (mayChange(request)) return closingAfter(open, request, next(request, context));
          // A resumed stream continues from the position of its own reader.
          if (context.settings.opening) return next(request, context);
          return execute({ ...parts, open, ring }, request, next, context);
        },
      };
    },
  };
}

/** The scope that `coalesce` shares in. */
export function coalesceScope(
  { partition }: CoalesceOptions,
  inside: Pick<Parameters<typeof sharingScope>[0], 'strategies' | 'transport'>,
): SharingScope {
  const asked = partition && ((request: Request, context: CallContext) => partition(coalescedCall(request, context)));
  return sharingScope({ ...inside, partition: asked, path: 'coalesce.partition' });
}

interface Ring extends CoalescerParts {
  readonly open: Open;
  readonly ring: number;
}

async function execute(ring: Ring, request: Request, next: Handler, context: CallContext): Promise<Response> {
  const key = sharingKey(request, context);
  if (key === undefined) return next(request, context);
  context.signal.throwIfAborted();
  const scope = ring.scope(request, context);
  if (scope === undefined) return next(request, context);
  const expected = ring.identity?.expected(request, context) ?? noSender;
  const sender = expected instanceof Promise ? await expected : expected;
  // The sender is not known yet.
  if (sender === undefined) return next(request, context);
  context.signal.throwIfAborted();
  const place = { origin: originOf(request.url), key: JSON.stringify([ring.ring, sender.id, scope, key]), sender };
  const found = ring.open.get(place.origin)?.get(place.key);
  // On Cloudflare Workers, a promise of another incoming request may never settle: that call sends its own request.
  const underWay = found && isOfThisRequest(found.signal) ? found : undefined;
  if (underWay) context.emit['call.coalesced']?.({ call: context.call }, { leaderCallId: underWay.call.id });
  const shared = underWay ?? opened(ring, place, context);
  const answer = shared.join(context);
  if (!underWay) shared.send(request, next, context);
  return (await answer) ?? next(request, context);
}

interface Place {
  readonly origin: string;
  readonly key: string;
  readonly sender: Sender;
}

/** A new shared request, which further calls may join until it is closed. */
function opened({ open, identity }: Ring, { origin, key, sender }: Place, context: CallContext): SharedRequest {
  const started = new SharedRequest({
    leader: context.call,
    close() {
      const ofOrigin = open.get(origin);
      if (ofOrigin?.get(key) !== started) return;
      ofOrigin.delete(key);
      if (ofOrigin.size === 0) open.delete(origin);
    },
    // Without an attempt no credentials were sent: an open circuit gives all callers the same error.
    isAsExpected: (call) => sender === noSender || (identity?.sentAs(call) ?? sender).id === sender.id,
  });
  const ofOrigin = open.get(origin) ?? new Map<string, SharedRequest>();
  open.set(origin, ofOrigin.set(key, started));
  return started;
}

/**
 * A GET that follows an answered change must not join one that was sent before. This holds whatever the outcome of the
 * change was, since the server may have acted on a request that failed; and for all URLs of its origin, since a PUT of
 * one order changes the list of orders.
 */
async function closingAfter(open: Open, request: Request, answer: Promise<Response>): Promise<Response> {
  let redirectedTo = '';
  try {
    const response = await answer;
    if (response.redirected) redirectedTo = response.url;
    return response;
  } finally {
    open.delete(originOf(request.url));
    if (redirectedTo !== '') open.delete(originOf(redirectedTo));
  }
}

/** The events of shared requests. */
export interface CoalesceEvents {
  /**
   * It waits for an equal request that is under way; events of the attempts carry the id of the call that started the
   * request.
   */
  'call.coalesced': { readonly leaderCallId: string };
}

function coalescedCall(request: Request, { call }: CallContext): CoalescedCall {
  const { method, url, headers } = request;
  return { id: call.id, method, url, headers, request };
}
