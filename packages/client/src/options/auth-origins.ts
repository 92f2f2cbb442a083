import { httpUrl, noWildcards, OptionError } from '@holdfast/core/internal';

/** The origins to which a client's credentials may be sent. */
export interface AuthOrigins {
  /** The origin that the credentials were given for; clients that inherit the credentials inherit it. */
  readonly home: readonly string[];
  /** `home`, and the origins of `authOrigins`. */
  readonly all: readonly string[];
}

/** The value for a client without credentials. */
export const noAuthOrigins: AuthOrigins = { home: [], all: [] };

/**
 * Credentials belong to the origin of the `baseUrl` that is given with them. A client that is extended with another
 * `baseUrl` sends them there only if `authOrigins` names that origin: an inherited token is not for every server to
 * which the extended client sends.
 *
 * @param inherited The parent's origins, if the credentials are the parent's.
 * @param base The absolute URL that relative ones are joined to.
 * @param named The option `authOrigins`.
 * @throws TypeError if the credentials could be sent to no origin.
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

/** @throws TypeError for an option `authOrigins` that is not a list of origins, or of `'*'`. */
export function checkOrigins(origins: unknown, path: string): void {
  if (!Array.isArray(origins))
    throw new OptionError(path, origins, "must be a list such as ['https://api.example.com']");
  for (const [index, origin] of origins.entries()) {
    const url = httpUrl(origin);
    // A host with a wildcard is a URL to a parser, and no request goes to it.
    if (origin === '*' || (url && !url.hostname.includes('*'))) continue;
    const remedy = "must be an origin such as 'https://api.example.com'";
    throw new OptionError(`${path}[${index}]`, origin, url ? `${remedy}; ${noWildcards}` : remedy);
  }
}
