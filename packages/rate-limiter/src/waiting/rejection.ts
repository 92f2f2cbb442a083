import { aboutRequest, type CallContext, ClientClosedError, QueueRejectedError } from '@holdfast/core/internal';
import type { QueueLimits } from './queue-limits.ts';

/** Further facts of a rejection. */
interface Further {
  readonly cause?: unknown;
  readonly retryAt?: number;
  readonly queued?: number;
  /** The server's bucket that delays the call. */
  readonly bucket?: string | undefined;
}

/** Makes the error of a call that was not queued, or waited for too long, and emits its event. */
export function rejection(
  { shownKey: key, queued }: Pick<QueueLimits, 'shownKey' | 'queued'>,
  context: CallContext,
  { code, why, ...further }: Further & { readonly code: QueueRejectedError['code']; readonly why: string },
): QueueRejectedError {
  const { call, emit } = context;
  emit['call.rejected']?.(context, { errorCode: code, key });
  const subject = code === 'QUEUE_FULL' ? 'was not queued' : 'did not wait any longer';
  const message = aboutRequest(call, (request) => `${request} ${subject}: ${why}`);
  return new QueueRejectedError({ call, code, key, message, queued: queued(), ...further });
}

/** Makes the error of a limiter that is closed, and emits its event. */
export function closedError({ call, emit }: CallContext, why: string): ClientClosedError {
  emit['call.rejected']?.({ call }, { errorCode: 'CLIENT_CLOSED' });
  const message = aboutRequest(call, (request) => `${request} ${why}`);
  return new ClientClosedError({ call, message, applied: 'no' });
}
