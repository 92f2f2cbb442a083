import { idempotencyHeader, isReplayable } from '../bodies/replay.ts';
import type { Call } from '../kernel/call.ts';
import { given } from '../kernel/given.ts';
import { judge, mayBeRetried } from '../policy/decide.ts';
import type { Facts } from '../policy/facts.ts';
import { remainingMs } from '../time/deadline.ts';
import { isRetriedBelow } from '../transport/nested.ts';
import { errorOutcome, lastAttempt } from './attempt.ts';
import type { Answer, Ended, RetryRingOptions } from './ended.ts';
import type { CallBudget } from './waiting/call-budget.ts';

/**
 * Gathers the facts, and asks the policy engine about the last attempt. A grant is taken in the same moment in which
 * the budget is read: otherwise all calls that fail together would count on the same tokens.
 */
export async function askPolicyEngine(ended: Ended, ring: RetryRingOptions, budget: CallBudget): Promise<Answer> {
  const { context, end, request } = ended;
  const { call, settings, signal } = context;
  const { credentials } = ring;
  const facts = factsOf(ended, credentials);
  const shouldRetry = await askShouldRetry(ended, facts, budget);
  // If the caller has aborted meanwhile, or the time has run out, that decides, whatever the outcome of the attempt
  // was.
  const outcome = signal.aborted ? errorOutcome(signal.reason, signal, call) : end.outcome;
  budget.noteFailure(outcome);
  const now: Facts = { ...facts, ...budget.facts(request, end.outcome), ...given({ shouldRetry }) };
  const judgement = judge(outcome, now, settings.levels);
  if (judgement.refused) credentials?.refused(call, judgement.decision.because === 'notReplayable');
  if (judgement.decision.action !== 'retry') return { outcome, judgement };
  if (judgement.free) {
    budget.noteFree(judgement.decision);
    return { outcome, judgement };
  }
  return budget.take(request, { outcome, judgement }, now);
}

/** The facts that the retry budget does not change. */
type OwnFacts = Omit<Facts, 'tokensLeft'>;

async function askShouldRetry(
  { context, end, request, retries }: Ended,
  facts: OwnFacts,
  budget: CallBudget,
): Promise<boolean | undefined> {
  const { hooks, levels } = context.settings;
  const { outcome, forced } = end;
  const failed = outcome.kind === 'error' ? outcome.code !== 'ABORTED' : outcome.status >= 400;
  if (!hooks?.shouldRetry || !failed || forced) return undefined;
  if (!mayBeRetried(outcome, { ...facts, ...budget.facts(request, outcome) }, levels)) return undefined;
  return hooks.shouldRetry(outcome, request, retries + 1);
}

function factsOf(ended: Ended, credentials: RetryRingOptions['credentials']): OwnFacts {
  const { context, request, body, keep, end, retries, refreshed } = ended;
  const { call, settings } = context;
  const elapsedMs = call.clock.now() - call.startedAt;
  return given({
    method: request.method,
    url: request.url,
    attempt: lastAttempt(call),
    retries,
    elapsedMs,
    backedOffMs: backedOffMs(call, elapsedMs),
    remainingMs: remainingMs(call, settings.totalTimeout),
    replayable: isReplayable(request, context) && body.kind !== 'oneShot',
    oneShotBody: body.kind === 'oneShot' || (body.kind === 'request' && !keep),
    random: context.random,
    refreshable: credentials?.canRefreshFor(call) ?? false,
    refreshed: refreshed || (credentials?.isFreshlyRefused(call) ?? false),
    wallNow: call.clock.wallNow(),
    retriedBelow: isRetriedBelow(end.outcome, call.id),
    retriedAbove: settings.retriedAbove ?? false,
    idempotencyKey: request.headers.get(idempotencyHeader(context)) ?? undefined,
    forced: end.forced && given({ delayMs: end.forced.delayMs }),
  });
}

/** What is left of the call's time without its attempts. */
function backedOffMs({ attempts }: Call, elapsedMs: number): number {
  const sentMs = attempts.reduce((sum, { durationMs }) => sum + durationMs, 0);
  return elapsedMs - (attempts[0]?.startedMs ?? 0) - sentMs;
}
