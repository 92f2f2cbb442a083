import { OptionError } from '../options/validate.ts';
import { httpUrl, parsedUrl } from '../platform/origin.ts';
import { staysBelow } from './stays-below.ts';

/** Where requests may go: the option `allowedOrigins`, checked and made ready. */
export interface OriginFence {
  /** A text of what is allowed, for messages. */
  readonly names: string;
  allows(url: string): boolean;
}

/** An origin, and the path below which a request has to stay; an empty path allows the whole origin. */
interface Allowed {
  readonly origin: string;
  readonly path: string;
}

/**
 * @param path How messages name the option.
 * @throws TypeError for a value that is not a list of http(s) origins.
 */
export function originFence(origins: unknown, path: string): OriginFence {
  if (!Array.isArray(origins) || origins.length === 0) {
    throw new OptionError(path, origins, "must be a list of origins such as ['https://api.example.com']");
  }
  const allowed = origins.map((origin: unknown, index) => parseAllowed(origin, `${path}[${index}]`));
  return {
    names: allowed.map((one) => one.origin + one.path).join(', '),
    allows(given) {
      const url = parsedUrl(given);
      // The origin of a `blob:` URL is that of the page that made it.
      if (url?.protocol !== 'https:' && url?.protocol !== 'http:') return false;
      return allowed.some((one) => one.origin === url.origin && staysBelow(url.pathname, one.path));
    },
  };
}

/** What to do about a wildcard in a list of origins. */
export const noWildcards = 'each host is named, without wildcards';

function parseAllowed(origin: unknown, path: string): Allowed {
  const remedy = "must be an http(s) origin such as 'https://api.example.com', or one with a path to stay below";
  const url = httpUrl(origin);
  if (!url) throw new OptionError(path, origin, remedy);
  if (url.hostname.includes('*')) throw new OptionError(path, origin, `${remedy}; ${noWildcards}`);
  if (/\/\*+$/.test(url.pathname))
    throw new OptionError(path, origin, `${remedy}; leave the * out, since a path allows all that is below it`);
  if (url.username + url.password + url.search + url.hash !== '') {
    throw new OptionError(path, origin, `${remedy}, without credentials, query and hash`);
  }
  return { origin: url.origin, path: url.pathname.replace(/\/$/, '') };
}
