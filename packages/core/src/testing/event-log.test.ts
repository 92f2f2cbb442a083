import { describe, expect, it } from 'vitest';
import { createCall } from '../calls/create-call.ts';
import { createEventHub } from '../events/hub.ts';
import { factsOf, status } from '../policy/cases.vectors.ts';
import { decide } from '../policy/decide.ts';
import { eventLog } from './event-log.ts';
import { ManualClock } from './manual-clock.ts';

describe('eventLog', () => {
  it('writes a line for each event, until it is stopped', () => {
    const hub = createEventHub();
    const log = eventLog(hub);
    const call = createCall('GET', 'https://api.example.com/orders', new ManualClock());
    const at = { call, attempt: 1 };
    const decision = decide(status(503), factsOf());
    const { emit } = hub;
    emit['call.started']?.({ call }, {});
    emit['attempt.started']?.(at, { attempt: 1 });
    emit['attempt.timedOut']?.(at, { attempt: 1, limitMs: 500 });
    emit['attempt.ended']?.(at, { attempt: 1, status: 503, durationMs: 1, verdict: 'transient' });
    emit['attempt.ended']?.(at, { attempt: 1, errorCode: 'NETWORK', durationMs: 1, verdict: 'transient' });
    emit['retry.scheduled']?.(at, { attempt: 1, delayMs: 250, status: 503, decision });
    emit['retry.denied']?.(at, { attempt: 1, status: 503, decision });
    emit['credentials.refreshed']?.({ call }, {});
    emit['credentials.failed']?.({ call }, { message: 'refused', nextTryAt: 1 });
    emit['deadline.exceeded']?.({ call }, { limitMs: 3000 });
    emit['fallback.used']?.({ call }, { reason: 'down; a fallback answered' });
    emit['chaos.injected']?.(at, { attempt: 1, fault: 'latency', latencyMs: 40 });
    emit['chaos.injected']?.(at, { attempt: 1, fault: 'network' });
    emit['chaos.injected']?.(at, { attempt: 1, fault: 'status', status: 500 });
    emit['call.rejected']?.({ call }, { errorCode: 'CLIENT_CLOSED' });
    emit['call.ended']?.({ call }, { outcome: 'failure', attempts: 1, durationMs: 1 });
    emit['call.ended']?.({ call }, { outcome: 'success', attempts: 2, durationMs: 1 });
    log.stop();
    emit['call.started']?.({ call }, {});
    expect(log.lines).toEqual([
      'call.started: GET https://api.example.com/orders',
      'attempt.started 1',
      'attempt.timedOut 1: 500 ms',
      'attempt.ended 1: 503',
      'attempt.ended 1: NETWORK',
      'retry.scheduled 1: 503 → retry 1 of 2 in 250 ms (backoff)',
      'retry.denied 1: 503 → retry 1 of 2 in 250 ms (backoff)',
      'credentials.refreshed',
      'credentials.failed: refused',
      'deadline.exceeded: 3000 ms',
      'fallback.used: down; a fallback answered',
      'chaos.injected 1: 40 ms',
      'chaos.injected 1: network',
      'chaos.injected 1: 500',
      'call.rejected: CLIENT_CLOSED',
      'call.ended: failure after 1 attempt',
      'call.ended: success after 2 attempts',
    ]);
    expect(log.events).toHaveLength(17);
  });
});
