/**
 * `WWW-Authenticate` is a list of challenges, each of which holds a list of parameters, and the same comma separates
 * both. So a comma alone does not show what follows: in `Digest a=b, Basic realm=c` a word with `=` behind it goes on
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
  return new ChallengeReader(header).challenges() ?? [];
}

/** Walks through the text of one header. */
class ChallengeReader {
  readonly #header: string;
  #at = 0;

  constructor(header: string) {
    this.#header = header;
  }

  /** `undefined` for a malformed header. */
  challenges(): Challenge[] | undefined {
    const challenges: Challenge[] = [];
    this.#separate();
    while (!this.#isOver) {
      const challenge = this.#challenge();
      if (challenge === undefined) return undefined;
      challenges.push(challenge);
    }
    return challenges;
  }

  #challenge(): Challenge | undefined {
    const scheme = this.#take(token).toLowerCase();
    if (scheme === '') return undefined;
    const params: Record<string, string> = Object.create(null);
    const isSpaced = this.#take(space) !== '';
    const credentials = isSpaced ? this.#take(token68) : '';
    let isSeparate = this.#separate();
    // Parameters need a space after the scheme.
    if (isSpaced && credentials === '' && !this.#isOver) isSeparate = this.#readParams(params, isSeparate);
    if (!isSeparate) return undefined;
    return credentials === '' ? { scheme, params } : { scheme, params, token68: credentials };
  }

  /** The first parameter follows the scheme directly, the others a comma. Returns false if the text is malformed. */
  #readParams(params: Record<string, string>, isSeparateBefore: boolean): boolean {
    let isSeparate = isSeparateBefore;
    do {
      const start = this.#at;
      const key = this.#take(token).toLowerCase();
      if (key !== '' && this.#take(equals) === '') {
        // A word without a value begins the next challenge.
        this.#at = start;
        return isSeparate;
      }
      const value = this.#take(token) || this.#take(quoted);
      if (key === '' || value === '') return false;
      params[key] = value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
      isSeparate = this.#separate();
    } while (isSeparate && !this.#isOver);
    return isSeparate;
  }

  get #isOver(): boolean {
    return this.#at === this.#header.length;
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#header)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  /** Skips commas and blanks; returns false if something else follows without a comma. */
  #separate(): boolean {
    return this.#take(separators).includes(',') || this.#isOver;
  }
}

/** Does such a header say that the credentials are good, but lack a scope? */
export function saysScope(header: string): boolean {
  return parseChallenges(header).some(({ params }) => params['error'] === 'insufficient_scope');
}
