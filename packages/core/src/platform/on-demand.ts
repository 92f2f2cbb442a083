import type { Clock } from '../kernel/clock.ts';

/** A part that a page loads when it is needed, and once. Where that fails, whoever needs it next tries again. */
export interface OnDemand<T> {
  /** It, once it is there. */
  readonly loaded: T | undefined;
  /** Rejects with an error that names the part. */
  load(clock: Clock): Promise<T>;
}

/** @param name What it is, for the message where it can't be loaded. */
export function onDemand<T>(name: string, load: () => Promise<T>): OnDemand<T> {
  let loaded: T | undefined;
  let loading: Promise<T> | undefined;
  const begin = async (): Promise<T> => {
    try {
      loaded = await load();
      return loaded;
    } catch (cause) {
      throw new Error(`${name} could not be loaded: ${cause instanceof Error ? cause.message : String(cause)}`, {
        cause,
      });
    }
  };
  return {
    get loaded() {
      return loaded;
    },
    load(clock) {
      // It takes the network's time, which is none of a test's.
      const release = clock.hold?.();
      loading ??= begin();
      return loading.finally(() => {
        if (loaded === undefined) loading = undefined;
        release?.();
      });
    },
  };
}
