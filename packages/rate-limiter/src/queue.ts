import {
  type CallContext,
  ClientClosedError,
  type Clock,
  longestServerWait,
  QueueRejectedError,
  remainingMs,
} from '@holdfast/core';
import { type Priority, WaitingLine } from './waiting-line.ts';

/** One that waits for a permit. */
export interface Waiting {
  readonly context: CallContext;
  readonly queuedAt: number;
  /** Was it said that it waits? */
  readonly isTold: boolean;
  /** It has left the queue when this is called, and so it has when it is rejected. */
  go(): void;
  reject(error: unknown): void;
}

/** While this holds, nobody waits for longer than so many milliseconds, unless `maxQueueMs` says for how long. */
export interface Impatience {
  ms(): number;
  holds(): boolean;
  /** What keeps them waiting, and what can be done. */
  readonly why: string;
}

/** What a queue is told of its limiter. */
export interface QueueParts {
  readonly clock: Clock;
  readonly maxQueue: number;
  readonly maxQueueMs: number;
}

/** Those who wait for the permits of one key, and when they have waited enough. */
export class Queue {
  readonly #shownKey: string;
  readonly #parts: QueueParts;
  readonly #line = new WaitingLine<Waiting>();
  readonly #changed: () => void;

  /** @param changed Somebody came, or left. */
  constructor(shownKey: string, parts: QueueParts, changed: () => void) {
    this.#shownKey = shownKey;
    this.#parts = parts;
    this.#changed = changed;
  }

  get length(): number {
    return this.#line.length;
  }

  /** Whose turn it is. */
  first(): Waiting | undefined {
    return this.#line.first();
  }

  /**
   * Whoever comes leaves by `go`, by `reject`, when its caller gives up, or when it has waited for too long.
   *
   * @param impatience none where it does not hold now.
   */
  enter(
    { context, isTold, go, reject }: Omit<Waiting, 'queuedAt'>,
    priority: Priority,
    impatience: Impatience | undefined,
  ): void {
    const { clock, maxQueueMs } = this.#parts;
    const longestMs = maxQueueMs === Number.POSITIVE_INFINITY && impatience ? impatience.ms() : maxQueueMs;
    const { signal } = context;
    const leave = (): void => {
      this.#line.leave(place);
      signal.removeEventListener('abort', onAbort);
      if (timer !== undefined) clock.clearTimer(timer);
      this.#changed();
    };
    const waiting: Waiting = {
      ...{ context, isTold, queuedAt: clock.now() },
      go() {
        leave();
        go();
      },
      reject(error) {
        leave();
        reject(error);
      },
    };
    const onAbort = (): void => waiting.reject(signal.reason);
    const onTimeout = (): void => {
      const holds = impatience?.holds();
      // What it would have been too long for is over.
      if (longestMs !== maxQueueMs && !holds) return;
      const why = `no permit came free within ${longestMs} ms${holds ? `, since ${impatience?.why}` : ''}`;
      waiting.reject(this.rejection(context, 'QUEUE_TIMEOUT', why));
    };
    const place = this.#line.enter(waiting, priority);
    const timer = longestMs === Number.POSITIVE_INFINITY ? undefined : clock.setTimer(onTimeout, longestMs);
    signal.addEventListener('abort', onAbort, { once: true });
    this.#changed();
  }

  /**
   * Why one more may not wait, if so.
   *
   * @param waiting How many would, this one included.
   */
  full(context: CallContext, waiting: number): QueueRejectedError | undefined {
    if (waiting <= this.#parts.maxQueue) return undefined;
    const queued = waiting - 1;
    return this.rejection(context, 'QUEUE_FULL', `${queued} calls wait already, and no more may`, { queued });
  }

  /** Rejects all who wait for whom there is a reason to be. */
  rejectWhere(why: (waiting: Waiting) => unknown): void {
    for (const waiting of this.#line.all()) {
      const error = why(waiting);
      if (error !== undefined) waiting.reject(error);
    }
  }

  /** Whoever can't wait for the end of a pause hears so now, and when to come again. */
  outlasted(
    { context, queuedAt }: Pick<Waiting, 'context' | 'queuedAt'>,
    pausedMs: number,
  ): QueueRejectedError | undefined {
    if (pausedMs === 0) return undefined;
    const { clock, maxQueueMs } = this.#parts;
    const { totalTimeout, levels } = context.settings;
    const left = remainingMs(context.call, totalTimeout);
    const allowed = Math.min(longestServerWait(levels), queuedAt + maxQueueMs - clock.now());
    if (pausedMs <= allowed && pausedMs < left) return undefined;
    const words =
      pausedMs < left
        ? `longer than the ${Math.round(allowed)} ms that it may wait`
        : `and its time ends in ${Math.round(left)} ms`;
    const why = `the server asked to be left alone for another ${Math.ceil(pausedMs)} ms, ${words}`;
    return this.rejection(context, 'QUEUE_TIMEOUT', why, { retryAt: clock.wallNow() + Math.ceil(pausedMs) });
  }

  /** Makes the error, and tells the event. */
  rejection(
    context: CallContext,
    code: QueueRejectedError['code'],
    why: string,
    further: { readonly cause?: unknown; readonly retryAt?: number; readonly queued?: number } = {},
  ): QueueRejectedError {
    const { call, emit } = context;
    const key = this.#shownKey;
    emit['call.rejected']?.(context, { errorCode: code, key });
    const subject = code === 'QUEUE_FULL' ? 'was not queued' : 'did not wait any longer';
    const message = `${call.method} ${call.url} ${subject}: ${why}`;
    return new QueueRejectedError({ call, code, key, message, queued: this.length, ...further });
  }
}

/** Makes the error of a limiter that is closed, and tells the event. */
export function closedError({ call, emit }: CallContext, why: string): ClientClosedError {
  emit['call.rejected']?.({ call }, { errorCode: 'CLIENT_CLOSED' });
  return new ClientClosedError({ call, message: `${call.method} ${call.url} ${why}`, applied: 'no' });
}
