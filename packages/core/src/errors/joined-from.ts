import { parsedUrl } from '../platform/origin.ts';
import { shownUrl } from '../redact/redact.ts';

/** How a URL came about, for the message of an error that a wrong URL may have caused. */
export interface JoinedFrom {
  /** The `baseUrl`, against which the path is resolved in the same way as a link in a page. */
  readonly baseUrl?: string | undefined;
  /** The `prefix` that is put in front of the path. */
  readonly prefix?: string | undefined;
  readonly path?: string | undefined;
}

/** If there is nothing at a URL, a server or its gateway answers with one of these. */
const wrongAddress: ReadonlySet<number> = new Set([400, 401, 403, 404, 405, 410]);

/**
 * How the URL was put together (for a 404), and which part of `baseUrl` was lost: `baseUrl` is resolved as a link is,
 * so that its last segment counts only with a slash behind it, and a path that begins with a slash replaces all of it.
 */
export function describeJoin(status: number, { baseUrl, prefix, path }: JoinedFrom): string {
  if (path === undefined || parsedUrl(path) !== undefined || /^\s*[/\\]{2}/.test(path)) return '';
  const [name, base] = prefix === undefined ? ['baseUrl', baseUrl] : ['prefix', prefix];
  if (base === undefined) return '';
  const joined = status === 404 ? `; joined from ${name} ${shownUrl(base)} and path ${shownUrl(path)}` : '';
  const lost = name === 'baseUrl' && wrongAddress.has(status) ? lostByJoin(base, path) : '';
  return joined + lost;
}

function lostByJoin(base: string, path: string): string {
  const url = parsedUrl(base);
  if (url === undefined) return '';
  if (url.pathname === '/' || path === '') return '';
  if (/^[/\\]/.test(path)) {
    return `; baseUrl's ${shownUrl(url.pathname)} was left out, since the path begins with a slash`;
  }
  if (url.pathname.endsWith('/')) return '';
  const last = url.pathname.slice(url.pathname.lastIndexOf('/') + 1);
  return `; baseUrl's "${shownUrl(last)}" was left out, since it does not end with a slash`;
}
