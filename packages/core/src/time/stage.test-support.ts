import { emptyBody } from '../bodies/request-body.ts';
import { createCall } from '../calls/create-call.ts';
import { createEventHub } from '../events/hub.ts';
import type { CallContext, CallSettings } from '../kernel/call-context.ts';
import { defaultLevels } from '../policy/default-levels.ts';
import { type EventLog, eventLog } from '../testing/event-log.ts';
import { ManualClock } from '../testing/manual-clock.ts';

export const request: Request = new Request('https://api.example.com/orders/42');

/** All that a ring is handed, in virtual time. */
export interface Stage {
  readonly clock: ManualClock;
  readonly context: CallContext;
  readonly caller: AbortController;
  readonly log: EventLog;
}

export function stage(settings: Partial<CallSettings> = {}): Stage {
  const clock = new ManualClock();
  const caller = new AbortController();
  const hub = createEventHub();
  const log = eventLog(hub);
  const context: CallContext = {
    call: createCall(request.method, request.url, clock),
    attempt: 1,
    signal: caller.signal,
    random: () => 0.5,
    emit: hub.emit,
    body: emptyBody,
    settings: { levels: defaultLevels, timeout: 1000, totalTimeout: 5000, ...settings },
  };
  return { clock, context, caller, log };
}

export const answering =
  (status = 200): (() => Promise<Response>) =>
  async () =>
    new Response('body', { status });

export const never = (): Promise<Response> => new Promise(() => {});
