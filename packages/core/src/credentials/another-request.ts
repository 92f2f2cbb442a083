import type { CallContext } from '../kernel/call-context.ts';
import { sleep } from '../waits/sleep.ts';

const lookAgainMs = 20;

/**
 * On Cloudflare Workers a promise that belongs to another incoming request may never settle here, and what that request
 * began ends with it. So a call polls plain data, by its own timers, until the refresh has ended or its time is up.
 */
export async function anotherRequestsRefresh(
  isOver: () => boolean,
  limitMs: number,
  context: CallContext,
): Promise<void> {
  const { call, signal } = context;
  const until = call.clock.now() + limitMs;
  while (!isOver() && call.clock.now() < until) await sleep(call.clock, lookAgainMs, signal);
}
