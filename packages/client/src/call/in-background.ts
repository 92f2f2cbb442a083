import type { CallContext } from '@holdfast/core';
import { emptyBody } from '@holdfast/core/internal';
import { CallScope } from './call-scope.ts';
import type { Runtime } from './runtime.ts';

/**
 * A background call: it has its own events, deadline and end, and ends at the latest when its client is closed. Hooks
 * belong to the call that caused it, which may have ended.
 */
export async function inBackground(
  runtime: Runtime,
  request: Request,
  { settings: { hooks: _, readRetried: __, ...settings }, init }: CallContext,
  work: (context: CallContext) => Promise<Response>,
): Promise<void> {
  const scope = new CallScope(runtime, settings, undefined, () => request);
  const context = scope.context(request, emptyBody, { init });
  scope.refuseLate();
  try {
    scope.answer(await scope.within(() => work(context)));
  } catch (error) {
    scope.fail(error);
  }
}
