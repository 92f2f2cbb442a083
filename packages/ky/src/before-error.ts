import type { Call } from '@holdfast/core';
import { applyChanges, changesIn } from './changed-error.ts';
import type { HookState } from './hook-state.ts';
import type { KyPort } from './ky-port.ts';
import type { Hooks, NormalizedOptions } from './kys-own.ts';
import { asKyError } from './retry-hooks.ts';

/** What a `beforeError` hook gets besides the error. */
export interface Asked {
  readonly hooks: NonNullable<Hooks['beforeError']>;
  readonly state: HookState;
  readonly port: KyPort;
  readonly options: Readonly<NormalizedOptions> | undefined;
}

/** Calls the hooks one after the other. Their changes to ky's error are carried over to the error that is thrown. */
export async function askBeforeError(thrown: Error, { hooks, state, port, options }: Asked): Promise<Error> {
  if (hooks.length === 0) return thrown;
  const request = state.request as Request;
  const shown = asKyError(thrown, request);
  let error = shown;
  for (const hook of hooks) {
    const retryCount = port.retryCount() + (state.forced || state.isAnswered ? 1 : 0);
    const seen = { request, options: state.shown(options), error, retryCount };
    const next: unknown = await port.afterFailure(async () => hook(seen), thrown);
    if (next instanceof Error) error = next;
  }
  if (error !== shown || shown === thrown) return error;
  return applyChanges(thrown, changesIn(shown, asKyError(thrown, request)));
}

/** The number of retries that were sent: a retry that was ordered, but whose wait was cut short, does not count. */
export function retriesSent(attempts: Call['attempts']): number {
  return attempts.slice(0, -1).filter(({ decision }) => decision?.action === 'retry').length;
}
