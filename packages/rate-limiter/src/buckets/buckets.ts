import type { CallContext } from '@holdfast/core';
import {
  answeredUrl,
  type BucketWord,
  type CredentialsIdentity,
  isFromElsewhere,
  noSender,
  originOf,
  RecentMap,
  type ResponseOutcome,
} from '@holdfast/core/internal/late';
import { bucketWordOf, isGlobal, waitOf } from '../answers/server-word.ts';
import { type Answer, askedPauses } from './asked-pauses.ts';
import { pathPatternOf } from './path-pattern.ts';
import type { PauseGate } from './pause-gate.ts';
import { Pauses, type PausesParts } from './pauses.ts';
import { QuotaHeaders } from './quota-headers.ts';
import { QuotaTable } from './quota-table.ts';
import { anyone, type RequestSender, RequestSenders } from './request-sender.ts';
import type { Scope } from './scope.ts';

/** How many routes with a known bucket are kept; if there are more, the least recently used one is removed. */
const mostRoutes = 10_000;

/** The inputs of a client's buckets. */
export interface BucketsParts extends PausesParts {
  /** The owner of an answer's pauses if `rateLimit.key` is given, and is not a function of the request. */
  readonly keyOfUrl: ((url: string) => string) | undefined;
  /** Is `rateLimit.key` given? Then a key is the whole scope. */
  readonly isKeyWhole: boolean;
  shown(key: string): string;
}

/**
 * Which calls does an answer concern? A 429 must hold back the calls that would be refused as well, and no others: not
 * those of another user, not those to an endpoint with a separate quota, and not those to an origin that only
 * redirected.
 *
 * So each pause and each quota belongs to a scope (see `askedPauses`), and a request waits for the pauses of its own
 * scopes. While no origin has asked for a pause, a request costs one look-up in an empty table: its sender and its path
 * pattern are determined only when there is a pause to compare them with.
 */
export class Buckets {
  readonly pauses: Pauses;
  readonly senders: RequestSenders = new RequestSenders();
  readonly #parts: BucketsParts;
  /** The buckets that count a route: a server names them in its answers, and later requests wait for their pauses. */
  readonly #ofRoute = new RecentMap<string, readonly string[]>(mostRoutes);
  readonly #quotas = new QuotaTable();
  readonly #quotaHeaders = new QuotaHeaders();

  constructor(parts: BucketsParts) {
    this.#parts = parts;
    this.pauses = new Pauses(parts);
  }

  get isKeyWhole(): boolean {
    return this.#parts.isKeyWhole;
  }

  /** All scopes that a request is in, the widest first. */
  scopesOf(owner: string, request: Request, sender: RequestSender | undefined): readonly Scope[] {
    if (this.isKeyWhole || !sender) return [{ owner }];
    const path = pathOf(request.method, request.url);
    const names = this.#ofRoute.get(routeKey(owner, sender.id, path)) ?? [];
    const buckets = names.map((bucket) => ({ owner, sender, bucket }));
    return [{ owner }, { owner, sender }, { owner, sender, path }, ...buckets];
  }

  /** Called with each answer, which may ask for a pause, and have quotas. Returns what it says about them. */
  noteAnswer(key: string, answered: Answered, context: CallContext, identity?: CredentialsIdentity): BucketWord {
    const { outcome, isLearning = false } = answered;
    const wait = waitOf(outcome, context);
    const word = bucketWordOf(outcome, context, (headers) => isLearning || this.#quotaHeaders.areIn(key, headers));
    if (wait || word.quotas.length > 0 || word.names.length > 0)
      this.#apply(key, answered, { wait, word }, { context, identity });
    return word;
  }

  #apply(
    key: string,
    { request, outcome }: Answered,
    { wait, word }: Pick<Answer, 'wait' | 'word'>,
    { context, identity }: { readonly context: CallContext; readonly identity: CredentialsIdentity | undefined },
  ): void {
    const { response, status } = outcome;
    const owner = this.#ownerOf(key, request, response);
    if (owner === undefined) return;
    const route = this.isKeyWhole ? undefined : this.#routeOf({ request, response }, context, identity);
    const senderId = route?.sender.id ?? '';
    if (route && word.names.length > 0) this.#ofRoute.set(routeKey(owner, senderId, route.path), word.names);
    this.#quotas.note(owner, senderId, this.#parts.shown(owner), word.quotas);
    const wallNow = context.call.clock.wallNow();
    const answer: Answer = {
      status,
      owner,
      wait,
      word,
      isGlobal: isGlobal(response),
      wallNow,
      ...(route && { route }),
    };
    const isAnotherRefused = (): boolean => route !== undefined && this.#isAnotherRefused(owner, route);
    for (const asked of askedPauses(answer, isAnotherRefused)) this.pauses.begin(asked, { context, status });
  }

  /** The pause that would hold a request up for longest. Where its sender is not known, the pauses of all count. */
  longestPause(owner: string, request: Request, showsSender: boolean): PauseGate | undefined {
    const senders = new Set<RequestSender | undefined>([showsSender ? this.senders.find(request) : anyone]);
    for (const { scope } of this.pauses.ofOwner(owner)) if (scope.sender && !showsSender) senders.add(scope.sender);
    let found: PauseGate | undefined;
    for (const sender of senders) {
      for (const gate of this.pauses.gatesOf(this.scopesOf(owner, request, sender))) {
        if (gate.pausedMs > (found?.pausedMs ?? 0)) found = gate;
      }
    }
    return found;
  }

  quotas(): ReturnType<QuotaTable['snapshot']> {
    return this.#quotas.snapshot();
  }

  /** A key that a user's function made does not apply to an answer from another server. */
  #ownerOf(key: string, request: Request, response: Response): string | undefined {
    if (!isFromElsewhere(request, response)) return key;
    const url = answeredUrl(request, response);
    return this.isKeyWhole ? this.#parts.keyOfUrl?.(url) : originOf(url);
  }

  /** The sender to which an answer was given; empty if a key is the whole scope. */
  senderOf(exchange: Exchange, context: CallContext, identity: CredentialsIdentity | undefined): string {
    return this.isKeyWhole ? '' : this.#requestSender(exchange, context, identity).id;
  }

  #routeOf(
    exchange: Exchange,
    context: CallContext,
    identity: CredentialsIdentity | undefined,
  ): NonNullable<Answer['route']> {
    const { request, response } = exchange;
    const path = pathOf(request.method, answeredUrl(request, response));
    return { sender: this.#requestSender(exchange, context, identity), path };
  }

  #requestSender(
    { request, response }: Exchange,
    context: CallContext,
    identity: CredentialsIdentity | undefined,
  ): RequestSender {
    const isElsewhere = isFromElsewhere(request, response);
    const ours = isElsewhere ? noSender : (identity?.sentAs(context.call) ?? noSender);
    const withoutHeader = isElsewhere ? (identity?.header ?? '') : undefined;
    return this.senders.of(request, context, ours, withoutHeader);
  }

  #isAnotherRefused(owner: string, { sender, path }: NonNullable<Answer['route']>): boolean {
    for (const gate of this.pauses.ofOwner(owner)) {
      const { scope } = gate;
      const isOther = scope.path !== undefined && pathAlone(scope.path) !== pathAlone(path);
      if (isOther && scope.sender?.id === sender.id && gate.isRefused && !gate.isOver) return true;
    }
    return false;
  }
}

interface Exchange {
  readonly request: Request;
  readonly response: Response;
}

/** A request, and its answer. */
export interface Answered {
  readonly request: Request;
  readonly outcome: ResponseOutcome;
  /** A limit learns from the quotas, so all headers are read, whatever their names are. */
  readonly isLearning?: boolean | undefined;
}

function routeKey(owner: string, senderId: string, path: string): string {
  return `${owner}\n${senderId}\n${path}`;
}

function pathOf(method: string, url: string): string {
  return `${method} ${pathPatternOf(url)}`;
}

function pathAlone(path: string): string {
  return path.slice(path.indexOf(' ') + 1);
}
