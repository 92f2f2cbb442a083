/** Where a client's credentials may go. */
export interface AuthOrigins {
  /** The origin that the credentials were given for; clients that inherit the credentials inherit it. */
  readonly home: readonly string[];
  /** `home`, and what `authOrigins` names. */
  readonly all: readonly string[];
}

/** Of a client without credentials. */
export const noAuthOrigins: AuthOrigins = { home: [], all: [] };

/**
 * Credentials are given for the origin of the `baseUrl` beside them. A client that is extended to another `baseUrl` sends
 * them there only where `authOrigins` names it: an inherited token is not for every server that the child talks to.
 *
 * @param inherited Those of the parent, where the credentials are the parent's.
 * @param base The absolute URL that relative ones are joined to.
 * @param named The option `authOrigins`.
 * @throws TypeError where the credentials could go nowhere.
 */
export function authOriginsOf(
  inherited: AuthOrigins | undefined,
  base: string | undefined,
  named: readonly string[] | undefined,
  where: string,
): AuthOrigins {
  const home = inherited?.home ?? (base === undefined ? [] : [new URL(base).origin]);
  const all = new Set(home);
  for (const origin of named ?? []) all.add(origin === '*' ? origin : new URL(origin).origin);
  if (all.size > 0) return { home, all: [...all] };
  throw new TypeError(`${where}: auth has no origin to send the credentials to; set baseUrl, prefix or authOrigins`);
}
