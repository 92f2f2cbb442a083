/**
 * `WWW-Authenticate` is a list of challenges, each of which holds a list of parameters, and the same comma separates
 * both. So a comma alone does not tell what follows: in `Digest a=b, Basic realm=c` a word with `=` behind it goes on
 * with the challenge, a word without begins the next. Splitting at commas, or a regex for `error="…"`, is fooled by the
 * first quoted string that holds either; here the text is walked once, from left to right.
 *
 * A malformed header gives no challenge at all: a half-understood request for credentials is worse than none.
 */

/** One way to authenticate that the server offers. */
export interface Challenge {
  /** In lower case: `bearer`, `basic`, `digest`, … */
  readonly scheme: string;
  /** Keys in lower case, values unquoted; of a key given twice the last. It has no prototype. */
  readonly params: Readonly<Record<string, string>>;
  /** What some schemes (Negotiate) send in place of parameters. */
  readonly token68?: string;
}

// All are sticky, and none can match in two ways, so the time is linear in the length of the header.
const token = /[!#$%&'*+\-.^_`|~\dA-Za-z]+/y;
const token68 = /[-._~+/\dA-Za-z]+=*(?=[ \t]*(?:,|$))/y;
const space = /[ \t]+/y;
const equals = /[ \t]*=[ \t]*/y;
const separators = /[ \t,]+/y;
const quoted = /"(?:[\t !\x23-\x5b\x5d-\x7e\x80-\uffff]|\\[\t -\x7e\x80-\uffff])*"/y;

/**
 * Reads a `WWW-Authenticate` (or `Proxy-Authenticate`) header.
 *
 * @returns The challenges in the server's order; none for a malformed header.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1 | RFC 9110 §11.2, §11.6.1}
 */
export function parseChallenges(header: string): Challenge[] {
  let at = 0;
  const take = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const found = pattern.exec(header)?.[0] ?? '';
    at += found.length;
    return found;
  };
  /** Commas and blanks; false if something else follows without a comma. */
  const separate = (): boolean => take(separators).includes(',') || at === header.length;

  const challenges: Challenge[] = [];
  separate();
  while (at < header.length) {
    const scheme = take(token).toLowerCase();
    if (scheme === '') {
      return [];
    }
    const params: Record<string, string> = Object.create(null);
    const spaced = take(space) !== '';
    const credentials = spaced ? take(token68) : '';
    challenges.push(credentials === '' ? { scheme, params } : { scheme, params, token68: credentials });

    let separated = separate();
    // Parameters need a space behind the scheme; the first follows it directly, the others a comma.
    let expected = spaced && credentials === '';
    while (expected && at < header.length) {
      const start = at;
      const key = take(token).toLowerCase();
      if (key !== '' && take(equals) === '') {
        // A word without a value begins the next challenge.
        at = start;
        break;
      }
      const value = take(token) || take(quoted);
      if (key === '' || value === '') {
        return [];
      }
      params[key] = value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
      separated = separate();
      expected = separated;
    }
    if (!separated) {
      return [];
    }
  }
  return challenges;
}

/**
 * Do the headers say that the credentials are good, but lack a scope?
 *
 * @see RFC 6750 section 3.1
 */
export function lacksScope(headers: Pick<Headers, 'get'>): boolean {
  const header = headers.get('www-authenticate');
  return header !== null && parseChallenges(header).some(({ params }) => params['error'] === 'insufficient_scope');
}
