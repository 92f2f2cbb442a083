import { isImpersonal } from '@holdfast/core/internal/late';
import { lastingPart } from './lasting-part.ts';

/**
 * What a request's own headers say about its sender, for pauses. If a header is wrongly counted, the pause does not
 * reach calls that would be refused as well; if a header is wrongly left out, the pause holds back other senders.
 */
export interface HeadersRead {
  /** The header of the client's idempotency keys. */
  readonly idempotencyHeader: string | undefined;
  /** Set if another origin answered: then this header, like all headers that a redirect removes, does not count. */
  readonly withoutHeader: string | undefined;
}

/** Names of the request itself, of a message or an event in it, of its time, or of its signature. */
const ofRequest =
  /^(?:x-)?mac$|(?:^|-)(?:date|time|timestamp|ts|nonce|salt|jti|(?:content-)?(?:digest|md5)|sha256|checksum|hmac|sign|signature(?:-v?\d+)?|(?:attempt|retry)(?:-?(?:count|num(?:ber)?|no))?)$|(?:^|-)(?:req(?:uest)?|trace|span|correlation|message|msg|event|transaction|txn|invocation|operation|interaction|activity|call|job|task|run|upload)-?(?:id|uuid|guid|num(?:ber)?|no|count|seq)$/;
/** With a number: a measure of the request, such as its cost in a limit's unit. */
const measure =
  /(?:^|-)(?:costs?|(?:cost|request|quota)-units?|weight|tokens|points|credits|amount|size|length|count|estimate)$/;
/** Headers that a redirect to another origin removes. */
const takenOff = new Set(['authorization', 'proxy-authorization', 'cookie']);

/** Names and values of the headers that identify the sender. */
export function personalHeaders(headers: Headers, read: HeadersRead): [string, string][] {
  const { idempotencyHeader, withoutHeader } = read;
  const found: [string, string][] = [];
  for (const [name, value] of headers) {
    if (isImpersonal(name, idempotencyHeader) || ofRequest.test(name)) continue;
    if (measure.test(name) && /^\d{1,12}(?:\.\d+)?$/.test(value)) continue;
    if (withoutHeader !== undefined && (takenOff.has(name) || name === withoutHeader)) continue;
    found.push([name, name === 'signature-input' ? keyIdsOf(value) : lastingPart(value)]);
  }
  return found;
}

const keyId = /keyid="([^"]{1,200})"/gi;

/** RFC 9421: its other parameters belong to this request. */
function keyIdsOf(value: string): string {
  return Array.from(value.matchAll(keyId), ([, id]) => id).join(' ');
}
