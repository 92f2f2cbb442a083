/** Node's own fetch looks the page up by this symbol, too. */
const globalOrigin = Symbol.for('undici.globalOrigin.1');

/** The page from which requests come, on Node. A program has none, unless undici's `setGlobalOrigin()` names one. */
export function pageOf(): URL | undefined {
  return (globalThis as { readonly [globalOrigin]?: URL })[globalOrigin];
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
