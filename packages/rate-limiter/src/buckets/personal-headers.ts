import { isImpersonal } from '@holdfast/core/internal';

/**
 * What a request's own headers say about its sender, for pauses. A header that is wrongly counted keeps a pause from
 * the calls that would be refused as well, and one that is wrongly left out holds back a stranger.
 */
export interface HeadersRead {
  /** The header of the client's idempotency keys. */
  readonly idempotencyHeader: string | undefined;
  /** If another origin answered: that header, like all those that a redirect removes, does not count. */
  readonly withoutHeader: string | undefined;
}

/** Names of the request itself, of a message or an event in it, of its time, or of its signature. */
const ofRequest =
  /(?:^|-)(?:date|time|timestamp|nonce|jti|(?:content-)?(?:digest|md5)|sha256|checksum|h?mac|signature(?:-v?\d+)?|(?:attempt|retry)(?:-?(?:count|num(?:ber)?|no))?)$|(?:^|-)(?:req(?:uest)?|trace|span|correlation|message|msg|event|transaction|txn|invocation|operation|interaction|activity|call|job|task|run|upload)-?(?:id|uuid|guid|num(?:ber)?|no|count|seq)$/;
/** Credentials that sign each request: what stays the same is who signs. */
const signing =
  /^(AWS4-\S+|OAuth|Signature|Hmac\S*)\s.*?(?:credential|oauth_token|oauth_consumer_key|keyid)="?([^/",\s]+)/i;
const keyId = /keyid="([^"]{1,200})"/i;
/** What a redirect to another origin takes off. */
const takenOff = new Set(['authorization', 'proxy-authorization', 'cookie']);

/** Names and values of the headers that say who is asking. */
export function personalHeaders(headers: Headers, read: HeadersRead): [string, string][] {
  const { idempotencyHeader, withoutHeader } = read;
  const found: [string, string][] = [];
  for (const [name, value] of headers) {
    if (isImpersonal(name, idempotencyHeader) || ofRequest.test(name)) continue;
    if (withoutHeader !== undefined && (takenOff.has(name) || name === withoutHeader)) continue;
    found.push([name, signerOf(name, value) ?? claimsOf(value) ?? value]);
  }
  return found;
}

function signerOf(name: string, value: string): string | undefined {
  const [, scheme, who] = (name === 'authorization' && signing.exec(value)) || [];
  if (scheme !== undefined) return `${scheme} ${who}`;
  // RFC 9421: its other parameters are of this request.
  return name === 'signature-input' ? (keyId.exec(value)?.[1] ?? '') : undefined;
}

/** When it was issued, which request it is for, and its own number: RFC 7519 section 4.1, RFC 9449 section 4.2. */
const ofOneToken = new Set(['iat', 'exp', 'nbf', 'jti', 'htm', 'htu', 'ath', 'nonce']);
const token = /^(?:\w{1,20} )?([\w-]{2,4000})\.([\w-]{2,8000})\.[\w-]*$/;

/** Some clients sign a JSON Web Token for each request: its subject stays the same. */
function claimsOf(value: string): string | undefined {
  const [, head = '', claims = ''] = token.exec(value) ?? [];
  if (!head.startsWith('eyJ')) return undefined;
  try {
    const entries = Object.entries(JSON.parse(fromBase64url(claims)) as object);
    const lasting = entries.filter(([name]) => !ofOneToken.has(name));
    // Without claims the key says who: RFC 9449 has it in the header.
    return `${head}.${JSON.stringify(lasting)}`;
  } catch {
    return undefined;
  }
}

function fromBase64url(text: string): string {
  return atob(text.replaceAll('-', '+').replaceAll('_', '/'));
}
