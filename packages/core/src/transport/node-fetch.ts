import { isIdempotent } from '../bodies/replay.ts';
import type { CallContext } from '../kernel/call-context.ts';
import { isServer } from '../platform/is-server.ts';

export { refuseWrongLength } from '../bodies/content-length.ts';

/**
 * Would a redirect hide that the server has acted? A POST that is answered by a redirect has taken effect, and if the
 * target is down, fetch only reports a refused connection: sending the POST again would order twice. So such redirects
 * are followed by hand, where a platform shows them (a browser does not, nor does it report refusals).
 */
export function hidesAnswers(request: Request, { body, settings }: CallContext): boolean {
  const isResendable = body.kind === 'none' || body.kind === 'value';
  const isChromium = electron !== undefined && (settings.fetch !== undefined || ofChromium.test(electron.type ?? ''));
  return isServer && !isChromium && isResendable && request.redirect === 'follow' && !isIdempotent(request.method);
}

/** The kinds of Electron processes whose `fetch` is Chromium's. */
const ofChromium = /^(?:renderer|worker|service-worker)$/;

/**
 * The process, in Electron. Chromium's network hides redirects as it does from a page, both in a `net.fetch` that a
 * user gives and in a renderer with Node's modules. The main process also has Node's own fetch.
 */
const electron: { readonly type?: string } | undefined = electronProcess();

function electronProcess(): { readonly type?: string } | undefined {
  const { process } = globalThis as { process?: { type?: string; versions?: { electron?: string } } };
  return process?.versions?.electron === undefined ? undefined : process;
}
