import type { CallContext, Strategy } from '@holdfast/core';
import { remainingMs, requestsAreApart, sleep, within } from '@holdfast/core/internal/late';
import type { Circuit } from '../circuit/circuit.ts';
import type { Circuits } from '../circuit/circuits.ts';
import type { ResolvedOptions } from '../options/options.ts';
import { rejected } from './rejected.ts';

/** How long before the deadline a waiting call is rejected, in milliseconds, so that its caller learns the reason. */
const beforeDeadlineMs = 50;
/** Where calls cannot wake one another, each polls at this interval, in milliseconds. */
const lookMs = 25;

/** Outside the queue: rejects calls to a server that is down, and lets one probe while the others wait for its verdict. */
export function gateRing(circuits: Circuits, { keyOf }: ResolvedOptions): Strategy {
  return {
    name: 'circuitGate',
    execute(request, next, context) {
      try {
        const circuit = circuits.get(keyOf(request));
        if (circuit.state !== 'closed') return pass(circuit, context, () => next(request, context));
      } catch (error) {
        return Promise.reject(error);
      }
      return next(request, context);
    },
  };
}

async function pass(circuit: Circuit, context: CallContext, send: () => Promise<Response>): Promise<Response> {
  const leave = circuit.isProbed ? await placeAfterVerdict(circuit, context) : takePlace(circuit, context);
  try {
    return await send();
  } finally {
    leave();
  }
}

function takePlace(circuit: Circuit, context: CallContext): () => void {
  if (!circuit.admits) throw rejected(circuit, context);
  return circuit.state === 'closed' ? nothing : circuit.probes.expect();
}

/**
 * Waits until the probe under way has ended. This costs the server nothing, since the call is sent only if the probe was
 * answered; without the wait, nine of ten calls that find the server recovered would be rejected.
 */
async function placeAfterVerdict(circuit: Circuit, context: CallContext): Promise<() => void> {
  const { call, settings, signal } = context;
  const { clock } = call;
  const from = clock.now();
  const patienceMs = Math.min(circuit.probes.patienceMs, remainingMs(call, settings.totalTimeout) - beforeDeadlineMs);
  while (circuit.isProbed) {
    const leftMs = from + patienceMs - clock.now();
    if (leftMs <= 0) break;
    if (requestsAreApart()) await sleep(clock, Math.min(lookMs, leftMs), signal);
    else await within(circuit.probes.verdict, { clock, signal, ms: leftMs, late: nothing });
  }
  noteWait(circuit, context, from);
  return takePlace(circuit, context);
}

/** The timeline of an error shows what delayed the call. */
function noteWait({ state }: Circuit, { call }: CallContext, from: number): void {
  const waitedMs = Math.round(call.clock.now() - from);
  call.notes ??= [];
  call.notes.push({
    startedMs: from - call.startedAt,
    text: `waited ${waitedMs} ms for the probe of the open circuit: ${verdicts[state]}`,
  });
}

const verdicts = { closed: 'it was answered', open: 'it failed', halfOpen: 'it has no result yet' } as const;

function nothing(): void {}
