/**
 * The part of the credentials that is the same in all requests of one sender. Many clients sign each request: AWS,
 * Digest, Hawk, OAuth 1, Azure's SharedKey, a JSON Web Token that is valid for a minute. If the whole value were
 * compared, each request would have a different sender, and a pause would concern only the request that has just ended.
 * So only the part that names the signer counts. If no part names the signer, the whole value counts: a pause that
 * concerns another sender is worse than one that concerns too few requests.
 *
 * This is for pauses and quotas alone. Where answers are shared, whole values are compared.
 *
 * @param value The value of a header.
 */
export function lastingPart(value: string): string {
  return signerOf(value) ?? claimsOf(value) ?? value;
}

/** A scheme, and the rest of the value. */
const schemed = /^([\w.+-]{2,40}) +(\S.{0,7999})$/;
/** One parameter: separated by commas, semicolons or, as in Azure's, ampersands. */
const parameter = /([\w*-]{1,60})=(?:"((?:[^"\\]|\\.){0,2000})"|([^"\s,;&][^\s,;&]{0,1999}))?/g;
/** Schemes that are an id, a colon and a signature. */
const pairs = /^(?:AWS|GOOG1|OSS|OBS|COS|NOS|KSS|QBox|Qiniu|UpYun|SharedKey(?:Lite)?|APIAuth\S*|amx|\S*hmac\S*)$/i;

/** Parameters that prove that the signer has the key. A value without one of them is not a signature. */
const proof = /^(?:(?:oauth_|x-?)?(?:signature|sign?|mac|hmac|hash|digest|response))$/i;
/** Other parameters that belong to one request. */
const ofOneRequest =
  /^(?:oauth_|x-?|auth_?)?(?:nonce|c?nonce|nc|uri|url|path|method|timestamp|ts|t|time|date|created|expires|exp|iat|se|seq|jti|salt|opaque|stale|ext|body_?hash|payload_?hash|content_?(?:hash|sha256)|signed_?headers|additional_?headers|headers|qop)$/i;
/** Parameters that are the same for all signers. */
const ofScheme =
  /^(?:oauth_)?(?:algorithm|alg|version|v|ver|realm|signature_?method|signature_?version|scheme|type|userhash)$/i;

/** The signer and its account; `undefined` if the value is not a signature, or does not name the signer. */
function signerOf(value: string): string | undefined {
  const [, scheme, rest = ''] = schemed.exec(value) ?? [];
  if (scheme === undefined) return undefined;
  const found = Array.from(rest.matchAll(parameter), ([, name = '', quoted, plain]) => ({
    name,
    text: quoted ?? plain ?? '',
  }));
  if (!found.some(({ name }) => proof.test(name))) return pairs.test(scheme) ? idOfPair(scheme, rest) : undefined;
  const lasting = found.filter(({ name }) => !proof.test(name) && !ofOneRequest.test(name));
  if (!lasting.some(({ name, text }) => text !== '' && !ofScheme.test(name))) return undefined;
  const parts = lasting.map(({ name, text }) => `${name.toLowerCase()}=${ofKey(name, text)}`);
  return JSON.stringify([scheme.toLowerCase(), ...parts.sort()]);
}

/** `Credential=AKIDEXAMPLE/20261129/eu-west-1/s3/aws4_request`: the day and the service follow the key. */
function ofKey(name: string, text: string): string {
  return /^credential$/i.test(name) ? (text.split('/', 1)[0] ?? '') : text;
}

/** `AWS AKIDEXAMPLE:signature`. */
function idOfPair(scheme: string, rest: string): string | undefined {
  const end = rest.indexOf(':');
  return end > 0 ? JSON.stringify([scheme.toLowerCase(), rest.slice(0, end)]) : undefined;
}

/** Claims of one token: its time, its request and its id. RFC 7519 section 4.1, RFC 9449 section 4.2. */
const ofOneToken = new Set(['iat', 'exp', 'nbf', 'jti', 'htm', 'htu', 'ath', 'nonce']);
/** Claims that are the same for all users of a service. */
const ofAllTokens = new Set([
  ...['aud', 'azp', 'client_id', 'cid', 'appid', 'scope', 'scp', 'role', 'roles', 'permissions', 'tid', 'tenant'],
  ...['ver', 'typ', 'type', 'token_type', 'token_use', 'acr', 'amr', 'auth_time'],
]);
const token = /^(?:\w{1,20} )?([\w-]{2,4000})\.([\w-]{2,8000})\.[\w-]*$/;

/** Some clients sign a JSON Web Token for each request: its subject stays the same. */
function claimsOf(value: string): string | undefined {
  const [, head = '', claims = ''] = token.exec(value) ?? [];
  if (!head.startsWith('eyJ')) return undefined;
  try {
    const lasting = Object.entries(objectIn(claims)).filter(([name]) => !ofOneToken.has(name));
    // A DPoP proof has no such claims; its key is in its header. Without either, its id is all that names the sender.
    const names = lasting.some(([name, claim]) => !ofAllTokens.has(name) && !(name === 'iss' && isUrl(claim)));
    return names || 'jwk' in objectIn(head) ? `${head}.${JSON.stringify(lasting)}` : undefined;
  } catch {
    return undefined;
  }
}

/** An issuer with a URL issues tokens for many senders; an issuer with a name is the app that signs. */
function isUrl(claim: unknown): boolean {
  return typeof claim === 'string' && /^https?:/i.test(claim);
}

function objectIn(base64url: string): object {
  return Object(JSON.parse(atob(base64url.replaceAll('-', '+').replaceAll('_', '/')))) as object;
}
