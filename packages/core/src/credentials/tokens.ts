import { RecentMap } from '../platform/recent-map.ts';

/** A token, and when it expires in wall clock milliseconds. */
export interface Token {
  readonly token: string;
  readonly expiresAt?: number | undefined;
}

/** A token, and from when on it is refreshed ahead of its expiry. */
export interface KeptToken extends Token {
  readonly staleAt: number;
}

/** The tokens that `bearerToken` gives out, and those that a refresh has put in their place. */
export interface Tokens {
  /** The token for a call of this account that is sent now. `undefined`: there is none yet. */
  current(account: string | undefined): KeptToken | undefined | Promise<KeptToken>;
  /** What is known of a token that was given out, or of an account's. */
  known(account: string | undefined, text: string | undefined): KeptToken | undefined;
  /** A refresh of this account gave a token, in place of the one with this text. */
  replace(account: string | undefined, text: string | undefined, token: KeptToken): void;
}

/** One token for each account, the first of which was given as an option, if any. */
export function heldTokens(first: KeptToken | undefined): Tokens {
  const held = new RecentMap<string, KeptToken>();
  const known = (account = ''): KeptToken | undefined => held.get(account) ?? first;
  return { current: known, known, replace: (account = '', _text, token) => held.set(account, token) };
}

/**
 * Tokens that a user's function returns; it is called each time, since the token depends on the caller. A refreshed
 * token replaces the token that was refused, and no other.
 */
export function askedTokens(ask: () => Promise<KeptToken>): Tokens {
  const facts = new RecentMap<string, KeptToken>();
  const successors = new RecentMap<string, KeptToken>();
  /** The last successor of a token. The loop ends, since no chain of successors leads back to its beginning. */
  const newest = (given: KeptToken): KeptToken => {
    let token = given;
    for (let next = successors.get(token.token); next; next = successors.get(token.token)) token = next;
    // Shortens the chain for the next look-up.
    if (token !== given && successors.get(given.token) !== token) successors.set(given.token, token);
    return token;
  };
  return {
    async current() {
      const given = await ask();
      const token = newest(given);
      if (token === given && token.expiresAt !== undefined) facts.set(token.token, token);
      return token;
    },
    known: (_account, text) => (text === undefined ? undefined : facts.get(text)),
    replace(_account, text, token) {
      facts.set(token.token, token);
      if (text === undefined || text === token.token) return;
      successors.delete(token.token);
      successors.set(text, token);
    },
  };
}
