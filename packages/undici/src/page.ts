import { pageOf } from '@holdfast/core/internal';

/** Does a page send to another origin than its own? */
export function leavesPage(url: string): boolean {
  const page = pageOf();
  return page !== undefined && page.origin !== originOf(url);
}

/** The `Origin` that fetch adds: Fetch standard, "append a request Origin header"; Node's fetch does without CORS. */
export function originHeader({ method, url, referrerPolicy }: Request): string | undefined {
  const page = pageOf();
  if (page === undefined || method === 'GET' || method === 'HEAD') return undefined;
  const isElsewhere = page.origin !== originOf(url);
  const policy = referrerPolicy || byDefault;
  const isDowngrade = page.protocol === 'https:' && !url.startsWith('https:');
  const isHidden =
    policy === 'no-referrer' ||
    (policy === 'same-origin' && isElsewhere) ||
    (isDowngrade && (policy === 'no-referrer-when-downgrade' || policy.startsWith('strict-origin')));
  return isHidden ? 'null' : page.origin;
}

/** The `Referer` that fetch adds: Referrer Policy, section 8.3. */
export function refererHeader({ referrer, referrerPolicy, url }: Request): string | undefined {
  const source = referrer === 'about:client' ? pageOf()?.href : referrer;
  if (!source?.startsWith('http')) return undefined;
  const from = new URL(source);
  from.username = '';
  from.password = '';
  from.hash = '';
  const origin = `${from.origin}/`;
  const whole = from.href.length > longestReferer ? origin : from.href;
  const isSame = from.origin === originOf(url);
  const isDowngrade = isTrustworthy(source) && !isTrustworthy(url);
  switch (referrerPolicy || byDefault) {
    case 'no-referrer':
      return undefined;
    case 'unsafe-url':
      return whole;
    case 'origin':
      return origin;
    case 'same-origin':
      return isSame ? whole : undefined;
    case 'origin-when-cross-origin':
      return isSame ? whole : origin;
    case 'no-referrer-when-downgrade':
      return isDowngrade ? undefined : whole;
    case 'strict-origin':
      return isDowngrade ? undefined : origin;
    default:
      if (isSame) return whole;
      return isDowngrade ? undefined : origin;
  }
}

const byDefault = 'strict-origin-when-cross-origin';
const longestReferer = 4096;

/** Secure Contexts, section 3.1: encrypted, or on this machine. */
function isTrustworthy(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || /^(127(\.\d+){3}|\[::1\]|localhost|.*\.localhost)$/.test(hostname);
}

function originOf(url: string): string {
  return new URL(url).origin;
}
