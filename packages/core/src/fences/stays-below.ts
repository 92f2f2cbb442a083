/**
 * Does a URL's path stay below another one? A URL parser has resolved `..` and `%2e%2e` already. Servers and proxies
 * resolve more: an encoded slash, a backslash, a segment's parameters, what was encoded twice, UTF-8 in forms that are
 * not allowed, and characters that some systems replace by a delimiter.
 *
 * @param base Without a slash at its end; an empty one allows every path.
 */
export function staysBelow(pathname: string, base: string): boolean {
  if (base === '') return true;
  if (pathname !== base && !pathname.startsWith(`${base}/`)) return false;
  const decoded = decodedDelimiters(pathname.slice(base.length));
  if (decoded === undefined) return false;
  let depth = 0;
  for (const segment of decoded.split(/[/\\]/)) {
    const name = segment.replace(/[;?#].*$/s, '').replace(dropped, '');
    if (/^\.\.+$/.test(name)) depth--;
    else if (name !== '' && name !== '.') depth++;
    if (depth < 0) return false;
  }
  return true;
}

/** Spaces, controls and bytes that occur in no UTF-8: some servers remove them from a segment. */
const dropped = /%(?:[01][0-9a-f]|20|7f|c[01]|f[5-9a-f])/gi;

/** UTF-8 in more bytes than the character needs, such as `%c0%ae` for a dot. RFC 3629 forbids it; some decoders take it. */
const overlong = /%(?:c[01]|e0%[84][01]|f0%80%8[01]|f8(?:%80){2}%8[01]|fc(?:%80){3}%8[01])%[0-9a-f]{2}/gi;

/** Characters that are not ASCII, and `%u002e`, which some of Microsoft's servers take. */
const wide = /%(?:u[0-9a-f]{4}|c2%[89ab][0-9a-f]|e[2f]%[89ab][0-9a-f]%[89ab][0-9a-f])/gi;

/** All of ASCII: in `%25%32%65`, which some decode twice, the digits of a dot are encoded themselves. */
const plain = /%(?:2[1-9a-f]|[3-6][0-9a-f]|7[0-9a-e])/gi;

/** No server decodes a path more often; the result is `undefined` for a path that is encoded more often. */
const mostDecodings = 4;

function decodedDelimiters(path: string): string | undefined {
  let text = path;
  for (let round = 0; round <= mostDecodings; round++) {
    const next = text.replace(overlong, ofOverlong).replace(wide, ofWide).replace(plain, decodeURIComponent);
    if (next === text) return text;
    text = next;
  }
  return undefined;
}

/** The last two bytes hold the seven bits of an ASCII character. */
function ofOverlong(code: string): string {
  const bytes = Number.parseInt(code.slice(-5).replace('%', ''), 16);
  return ifDelimiter(String.fromCharCode(((bytes >> 2) & 0x40) | (bytes & 0x3f)), code);
}

function ofWide(code: string): string {
  const character = /u/i.test(code)
    ? String.fromCharCode(Number.parseInt(code.slice(2), 16))
    : decodeURIComponent(code);
  // Slashes and backslashes of other scripts are no compatibility forms of the ASCII ones.
  const plain = character.replace(/[\u2044\u2215\u29f8]/, '/').replace(/[\u2216\u29f5\u00a5\u20a9]/, '\\');
  return ifDelimiter(plain.normalize('NFKC'), code);
}

/** Only characters that decide where a path leads are decoded. */
function ifDelimiter(text: string, code: string): string {
  return /^[%./\\;?#]+$/.test(text) ? text : code;
}
