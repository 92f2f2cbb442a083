import type { CallContext, Clock, Outcome } from '@holdfast/core';
import { classify, headersAt, ignore, isOutcomeOfAnother, withinCall } from '@holdfast/core/internal/late';
import { opossum } from '#opossum';
import type { Circuit } from '../circuit/circuit.ts';
import type { Circuits } from '../circuit/circuits.ts';
import type { ResolvedOptions } from '../options/options.ts';
import type { CircuitOutcome, Pass } from '../state/circuit-state.ts';

/** An attempt that has ended. */
export interface Attempt {
  readonly request: Request;
  readonly outcome: Outcome;
  readonly context: CallContext;
  readonly startedAt: number;
}

/** A circuit, and its pass for one attempt. */
interface Held {
  readonly circuit: Circuit;
  readonly pass: Pass;
}

/** How an attempt ended. */
interface Ended {
  readonly outcome: Outcome;
  readonly slow: boolean;
  readonly context: CallContext;
}

/** Records the outcomes of attempts in their circuits. */
export class Outcomes {
  readonly #circuits: Circuits;
  readonly #options: Pick<ResolvedOptions, 'keyOfUrl' | 'slowCallMs'>;
  readonly #clock: Clock;

  constructor(circuits: Circuits, options: Pick<ResolvedOptions, 'keyOfUrl' | 'slowCallMs'>, clock: Clock) {
    this.#circuits = circuits;
    this.#options = options;
    this.#clock = clock;
  }

  /** The time at which an attempt starts, if slow calls count. */
  startedNow(): number {
    return this.#options.slowCallMs === undefined ? 0 : this.#clock.now();
  }

  /** Records an attempt. If it has to wait for opossum, the promise resolves when the attempt has been counted. */
  settle({ circuit, pass }: Held, { request, outcome, context, startedAt }: Attempt): Promise<void> | undefined {
    const { slowCallMs } = this.#options;
    const slow = slowCallMs !== undefined && cameAt(outcome, this.#clock) - startedAt >= slowCallMs;
    if (!isOutcomeOfAnother(outcome, request)) return this.#write({ circuit, pass }, { outcome, slow, context });
    // A server that redirects works; the rest of the outcome concerns the other server.
    circuit.settle(pass, outcome.kind === 'response' ? 'success' : 'neutral', context);
    const other = this.#circuitOfAnswer(outcome);
    const otherPass = other?.admit(context);
    if (!other || otherPass === undefined) return undefined;
    return this.#write({ circuit: other, pass: otherPass }, { outcome, slow, context });
  }

  /** The circuit of the server to which a request was redirected. */
  #circuitOfAnswer(outcome: Outcome): Circuit | undefined {
    const { keyOfUrl } = this.#options;
    return outcome.kind === 'response' && keyOfUrl ? this.#circuits.get(keyOfUrl(outcome.response.url)) : undefined;
  }

  /** Waits for opossum if it may be needed and is not loaded yet. */
  #write({ circuit, pass }: Held, { outcome, slow, context }: Ended): Promise<void> | undefined {
    const judged = judge(outcome);
    const record = (): void => circuit.settle(pass, judged, context, slow, () => askedFor(outcome));
    if (opossum.loaded === undefined && (judged === 'failure' || slow)) {
      if (circuit.isDue) return loadOpossum(context).then(record);
      // A later failure tries again; a failure that could open a circuit reports it.
      opossum.load(this.#clock).catch(ignore);
    }
    record();
    return undefined;
  }
}

/**
 * In a page, opossum is loaded with the first failure. A failure that could open a circuit waits for it for a limited
 * time; if it can't be loaded, circuits stay closed until it can, and failures in the meantime count then.
 */
async function loadOpossum(context: CallContext): Promise<void> {
  try {
    await withinCall(opossum.load(context.call.clock), context, longestLoadMs);
  } catch (error) {
    if (!context.signal.aborted) console.error('holdfast: circuitBreaker: no circuit can open now:', error);
  }
}

const longestLoadMs = 1_000;

/** When the headers arrived. A stream that waits for its first event is not slow. */
function cameAt(outcome: Outcome, clock: Clock): number {
  return (outcome.kind === 'response' ? headersAt(outcome.response) : undefined) ?? clock.now();
}

/**
 * A failure of the server counts as one: a 5xx that may pass, a connection that failed, a timeout. Every other answer
 * shows that the server works, a 404 and a 429 included. Any other end without an answer comes from the caller or from
 * the client itself, and does not count.
 */
function judge(outcome: Outcome): CircuitOutcome {
  const isTransient = classify(outcome) === 'transient';
  if (outcome.kind === 'error') return isTransient ? 'failure' : 'neutral';
  return isTransient && outcome.status >= 500 ? 'failure' : 'success';
}

function askedFor(outcome: Outcome): number {
  if (outcome.kind === 'error' || outcome.status < 500) return 0;
  return outcome.api?.waitMs ?? 0;
}
