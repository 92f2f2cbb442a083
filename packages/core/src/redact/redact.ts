/**
 * Secrets travel in URLs, headers and error messages, and errors travel into logs and support tickets. Everything that
 * Holdfast prints passes through here first. Names decide, not values: `my_api_key` shows what it holds, a random
 * string does not. Every function takes time in proportion to its input, since the input may be hostile.
 */

/** What replaces a secret. */
const redacted = '***';

/** Words that stand for a secret only as a whole: `pass`, and not `passenger`. */
const secretWords =
  /\b(?:passphrase|passcode|pass|pwd|key|auth|sig|session|sid|jwt|otp|bearer|cookie|assertion|verifier|csrf|xsrf)\b/;
/** Parts of words, joined or separated: `accessToken`, `API-KEY`, `sessionid`. */
const secretParts =
  /token|secret|passw|apikey|accesskey|privatekey|signature|credential|authoriz|sess(?:ion)?id|saml(?:art|request|response)/;
/** Names that count tokens, or name a kind of token. */
const harmlessNames =
  /^(?:token_?type|client_?assertion_?type|(?:un)?authori[sz]ed|(?:max|min|total|prompt|completion|input|output|used|remaining)[a-z_-]{0,20}tokens)$/i;
const longestName = 200;

/** Does a parameter of this name hold a secret? Sees through case, camelCase, separators and percent-encoding. */
export function isSecretName(name: string): boolean {
  const decoded = decode(name.slice(0, longestName));
  if (harmlessNames.test(decoded)) return false;
  const words = decoded
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ');
  return secretWords.test(words) || secretParts.test(words.replaceAll(' ', '')) || /^code$/i.test(decoded);
}

/**
 * A URL without its secrets: no user and password, and `***` for the values of parameters with secret names, in the
 * query and in the fragment.
 *
 * @remarks Accepts relative and unparsable URLs too. A URL without a possible secret is returned unchanged.
 */
export function redactUrl(url: string): string {
  return redactNestedUrl(url, 0);
}

function redactNestedUrl(text: string, depth: number): string {
  const url = withoutKnownSecrets(printable(text));
  if (!/[?#@;]/.test(url)) return url;
  const { bare, isBroken } = withoutUserInfo(url);
  const end = isBroken ? bare.length : pathEnd(bare);
  const whole = bare.slice(0, end).replace(pathParameter, redactPathParameter) + bare.slice(end);
  const from = pathEnd(whole);
  return whole.slice(0, from) + redactParameters(whole.slice(from), depth);
}

function pathEnd(url: string): number {
  const end = url.search(/[?#]/);
  return end < 0 ? url.length : end;
}

/** Servers that keep sessions without cookies write them into the path: `/orders;jsessionid=…`. */
const pathParameter = /;([^;=/?#]{1,100})=([^;/?#]+)/g;

function redactPathParameter(all: string, name: string): string {
  return isSecretName(name) ? `;${name}=${redacted}` : all;
}

/** A scheme with or without slashes, or two slashes; one slash alone begins a path. Then the authority. */
const urlStart = /^(\s*(?:[a-z][a-z0-9+.-]*:[/\\]*|[/\\]{2,}))?([^/\\?#]*)/i;

/**
 * A URL without user and password. The URL is broken where a raw `/`, `?` or `#` in the password ends the authority too early,
 * and leaves a port that is not a number.
 */
function withoutUserInfo(url: string): { readonly bare: string; readonly isBroken: boolean } {
  const [, prefix = '', authority = ''] = urlStart.exec(url) ?? [];
  const end = authority.lastIndexOf('@');
  const port = authority.lastIndexOf(':') + 1;
  const isBroken =
    end < 0 &&
    url.includes('@') &&
    /[/\\]{2}$|^\s*https?:/i.test(prefix) &&
    !authority.endsWith(']') &&
    port > 0 &&
    /\D/.test(authority.slice(port));
  if (isBroken) return { bare: prefix + url.slice(url.lastIndexOf('@') + 1), isBroken };
  // A relative path such as `@me/orders` has no authority; `al_ice:pw@host` was meant to have one.
  const isAuthority = prefix !== '' || authority.slice(0, end).includes(':');
  return { bare: end >= 0 && isAuthority ? prefix + url.slice(prefix.length + end + 1) : url, isBroken };
}

/** Once a secret's value began, only `&` ends it: a raw `;`, `?` or `#` may be part of it. */
function redactParameters(text: string, depth: number): string {
  let inSecret = false;
  let result = '';
  for (const [, separator, name = '', value] of text.matchAll(/([?&;#])([^=?&;#]*)(?:=([^?&;#]*))?/g)) {
    if (inSecret && separator !== '&') continue;
    inSecret = Boolean(value) && isSecretName(name);
    result += separator + name;
    // In a message a URL is in brackets; a value that is `***` already keeps the bracket behind it.
    if (inSecret) result += `=${redacted}${value === `${redacted}]` ? ']' : ''}`;
    else if (value !== undefined) result += `=${redactValue(value, depth)}`;
  }
  return result;
}

/** A parameter may hold a whole URL, with secrets of its own: `?next=https%3A%2F%2F…%3Ftoken%3D…`. */
function redactValue(value: string, depth: number): string {
  if (depth > 2 || !value.includes('%')) return value;
  const decoded = decode(value);
  if (!/[?#@]/.test(decoded)) return value;
  const clean = redactNestedUrl(decoded, depth + 1);
  return clean === decoded ? value : encodeURIComponent(clean).replaceAll('***', redacted);
}

function decode(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
}

const secretHeader = /key|token|secret|auth|password|session|signature|cookie|credential/i;

/** Does a header of this name carry a secret? */
export function isSecretHeader(name: string): boolean {
  return secretHeader.test(name);
}

/** Headers as a plain object, with `***` for those that carry secrets, and for the `extra` names (any case). */
export function redactHeaders(headers: Headers, extra?: Iterable<string>): Record<string, string> {
  const more = new Set([...(extra ?? [])].map((name) => name.toLowerCase()));
  const entries = [...headers].map(([name, value]): [string, string] => [
    name,
    isSecretHeader(name) || more.has(name) ? redacted : redactText(value),
  ]);
  return Object.fromEntries(entries);
}

/** A header's value goes to the end of its line, unless it is quoted as a whole, as in JSON. */
const headerLine =
  /\b((?:proxy-)?authorization|(?:set-)?cookie)(["']?\s{0,3}[:=]\s{0,3})(?:(["'])(?:(?!\3)[^\\\r\n]|\\.)*\3?|[^\r\n]+)/gi;
const urls = /\b[a-z][a-z0-9+.-]{0,20}:[/\\]{2}[^\s"'<>`]+/gi;
const schemes = /\b(bearer|basic)\s{1,3}(?!tokens?\b|auth\w{0,12}\b|credentials?\b|scheme\b)[^\s"',;<>]+/gi;
const pairs =
  /([A-Za-z_][\w.%-]{0,63})(["'\]]{0,2}\s{0,3}[=:]\s{0,3})("(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[^\s&"'<>,;]+)/g;
/** JSON Web Tokens, and keys whose first letters show which API they are for. Names do not give them away. */
const shapes = new RegExp(
  `(?<![\\w-])(?:${[
    'eyJ[\\w-]{5,}\\.[\\w-]+(?:\\.[\\w-]*)?',
    // Stripe, OpenAI, Anthropic, GitHub, Slack, GitLab, DigitalOcean, Shopify, PyPI, Linear, Square, RubyGems, Figma.
    '(?:[srp]k_(?:live|test|prod)|sk|whsec|gh[pousr]|github_pat|xox[a-z]|xapp|gl(?:pat|oas|dt|rt|cbt|ptt|ft|imt|agent|soat)|do[opr]_v1|shp(?:at|ca|pa|ss)|pypi|lin_(?:api|oauth)|sq0[a-z]{3}|rubygems|figd)[_-][\\w-]{8,}',
    // npm, Hugging Face, Notion: their first letters are words too.
    '(?:npm|hf|secret|ntn)_[A-Za-z0-9]{30,}',
    // AWS, Google, SendGrid, Databricks.
    '(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Z0-9])',
    'AIza[\\w-]{30,}',
    'ya29\\.[\\w-]{10,}',
    'SG\\.[\\w-]{10,}\\.[\\w-]{10,}',
    'dapi[0-9a-f]{32}',
  ].join('|')})`,
  'g',
);

function withoutKnownSecrets(text: string): string {
  return text.replace(shapes, redacted);
}

/** Characters that control a terminal: escape sequences, and marks that reorder text. Line breaks and tabs stay. */
const controls =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is after
  /\r(?!\n)|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** The same text without characters that would control a terminal. */
export function printable(text: string): string {
  return text.replace(controls, ' ');
}

const proseWords = /^(?:code|key|auth|session|sig|sid|pass|credentials?|assertion|verifier)$/i;

/** Free text, such as an error's message, without the secrets that its URLs, headers and `name=value` pairs hold. */
export function redactText(text: string): string {
  return printable(text)
    .replace(headerLine, `$1$2$3${redacted}$3`)
    .replace(urls, redactUrl)
    .replace(schemes, `$1 ${redacted}`)
    .replace(pairs, redactPair)
    .replace(shapes, redacted);
}

function redactPair(all: string, name: string, middle: string, value: string, at: number, text: string): string {
  if (!isSecretName(name)) return all;
  // `duplicate key: orders` and `error code: 42` are prose; `?code=…` and `key=…` are not.
  const inQuery = /[?&#]/.test(text[at - 1] ?? '');
  if (!inQuery && /^code$/i.test(name)) return all;
  if (proseWords.test(name) && /:\s/.test(middle) && /^[A-Za-z]+[.)]?$/.test(value)) return all;
  const quote = /^["']/.exec(value)?.[0] ?? '';
  return `${name}${middle}${quote}${redacted}${quote}`;
}

/** A text for a message. A long one is cut in its middle, and the cut is marked: both ends of a URL are informative. */
export function shortened(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const head = Math.ceil((longest * 2) / 3);
  return `${text.slice(0, head)}…(${text.length - longest} characters left out)…${text.slice(head - longest)}`;
}

const longestUrl = 500;

/**
 * A URL, or a key that a user's function has made of one, for a message: without secrets, and not longer than a line or
 * two.
 */
export function shownUrl(url: string): string {
  return shortened(redactUrl(url), longestUrl);
}
