import type { CallContext } from '../kernel/call-context.ts';
import type { Clock } from '../kernel/clock.ts';
import { ignore } from '../kernel/ignore.ts';
import { messageOf } from '../kernel/message-of.ts';
import { within } from '../waits/within.ts';
import { whenIdle } from './idle-clock.ts';

/** A part that a page loads once, when it is needed. If loading fails, the next use tries again. */
export interface OnDemand<T> {
  /** The part, once it is loaded. */
  readonly loaded: T | undefined;
  /** Rejects with an error that names the part. */
  load(clock: Clock): Promise<T>;
  /**
   * Loads it when the page is idle. No call has asked for it, so a failure is not reported. A call that asks for it
   * meanwhile waits for this load and, if it fails, for another one.
   */
  loadWhenIdle(): void;
}

/** @param name The name of the part, for the message if it can't be loaded. */
export function onDemand<T>(name: string, load: () => Promise<T>): OnDemand<T> {
  let loaded: T | undefined;
  let loading: Promise<T> | undefined;
  /** The load that began in idle time: perhaps while the page was offline, long before a call needs the part. */
  let idle: Promise<T> | undefined;
  let isPlanned = false;
  const begin = async (): Promise<T> => {
    try {
      loaded = await load();
      return loaded;
    } catch (cause) {
      throw new Error(`${name} could not be loaded: ${messageOf(cause)}`, { cause });
    }
  };
  const began = (load: Promise<T>): Promise<T> => {
    const settled = (): void => {
      if (loading === load && loaded === undefined) loading = undefined;
    };
    loading = load;
    load.then(settled, settled);
    return load;
  };
  return {
    get loaded() {
      return loaded;
    },
    load(clock) {
      // Loading takes real time, which the clock of a test does not control.
      const release = clock.hold?.();
      if (loading === undefined) loading = began(begin());
      // If the load of idle time fails, it is tried once more; for all calls together, since they wait for one promise.
      else if (loading === idle) loading = began(idle.catch(begin));
      return loading.finally(release);
    },
    loadWhenIdle() {
      if (loading !== undefined || isPlanned) return;
      isPlanned = true;
      whenIdle(() => {
        if (loading === undefined) idle = began(begin());
      });
    },
  };
}

/** The part of a call's context that {@link loadedInTime} takes. */
export interface WaitingForPart extends Pick<CallContext, 'call' | 'signal'> {
  readonly settings: Pick<CallContext['settings'], 'totalTimeout'>;
}

/**
 * Loads a part that a call can do without. The call waits for no longer than `limitMs`, and for no more than half of
 * the time that it has left, so that a file that does not arrive fails no call.
 *
 * @returns `undefined` where it can't be loaded, or not in time. Never rejects.
 */
export async function loadedInTime<T>(
  part: OnDemand<T>,
  { call, settings, signal }: WaitingForPart,
  limitMs: number,
): Promise<T | undefined> {
  const { clock } = call;
  const { totalTimeout } = settings;
  if (part.loaded !== undefined || signal.aborted) return part.loaded;
  const leftMs = totalTimeout === false ? Number.POSITIVE_INFINITY : call.startedAt + totalTimeout - clock.now();
  try {
    return await within(part.load(clock), { clock, signal, ms: Math.min(limitMs, leftMs / 2), late: ignore });
  } catch {
    return undefined;
  }
}
