import { lastingPart } from './lasting-part.ts';

/**
 * What a URL's query says about the sender, for pauses: many APIs take the key there (`?api_key=…`, `?appid=…`, signed
 * URLs). Only names that are used for credentials count. If filters, ids of users or the tokens of pages counted, a pause
 * would reach no other call.
 */
const credential =
  /^(?:x(?:amz|goog))?(?:(?:api|app|access|auth|oauth|client|consumer|subscription|session|developer|partner|service|user|account|aws|id|private|public|secret|bearer|security|shared){0,3}(?:key|token|secret|keyid)|appid|clientid|googleaccessid|sessionid|sid|jwt|credential)$/;
/** Names that are used for data as well. Their values count if they look like a key, and nothing else names the sender. */
const maybe = /^(?:key|token|secret|public|session|sid|clienttoken)/;
const likeKey = /^(?=.*\d)(?=.*[a-z])[\w.~+=-]{16,}$/i;
const longestName = 60;
/** The ends of all these names: most queries have none, and are not parsed. */
const anyName = /(?:key|token|secret|id|jwt|credential)=/i;

/**
 * Names and values of the parameters that identify the sender.
 *
 * @param isNamed Other credentials of the request name the sender already: then `token` is the token of a page rather.
 */
export function personalQuery(url: string, isNamed: boolean): [string, string][] {
  const start = url.indexOf('?');
  if (start < 0 || !anyName.test(url)) return [];
  const found: [string, string][] = [];
  for (const [name, value] of new URLSearchParams(url.slice(start).split('#', 1)[0])) {
    if (name.length > longestName) continue;
    const plain = name.toLowerCase().replace(/[-_.]/g, '');
    if (!credential.test(plain) || (maybe.test(plain) && (isNamed || !likeKey.test(value)))) continue;
    // Of `AKIDEXAMPLE/20261129/eu-west-1/s3/aws4_request`, the day and the service follow the key.
    found.push([`?${plain}`, /credential$/.test(plain) ? value.replace(/\/.*$/s, '') : lastingPart(value)]);
  }
  return found;
}
