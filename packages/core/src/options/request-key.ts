import { originOf } from '../platform/origin.ts';
import { defused } from './defused.ts';
import { pathPattern } from './path-pattern.ts';
import { OptionError } from './validate.ts';

/**
 * The key of the circuit or limit that counts a request: its origin, the first route that it matches, or the key that a
 * function returns.
 */
export type RequestKey = 'origin' | readonly string[] | ((request: Request) => string);

/** @throws TypeError for any other value; the returned function throws for a key that is not a string. */
export function requestKey(key: RequestKey, path: string): (request: Request) => string {
  const ofUrl = urlKey(key, path);
  if (ofUrl) return ({ url }) => ofUrl(url);
  const given = key as (request: Request) => string;
  return (request) => {
    const named: unknown = defused(given(request));
    if (typeof named === 'string' && named !== '') return named;
    throw new OptionError(`${path}()`, named, 'must return a string that is not empty');
  };
}

/**
 * The same for a URL alone, such as that of a redirected answer: a user's function takes requests and not URLs, so
 * there is no key then.
 *
 * @throws TypeError for an invalid key.
 */
export function urlKey(key: RequestKey, path: string): ((url: string) => string) | undefined {
  if (key === 'origin') return originOf;
  if (Array.isArray(key)) {
    // Unlike `map()`, this does not skip holes.
    const routes = Array.from(key, (route: unknown, index) => {
      if (typeof route === 'string') return { route, pattern: pathPattern(route, `${path}[${index}]`) };
      throw new OptionError(`${path}[${index}]`, route, "must be a route pattern such as '/orders/:id'");
    });
    return (url) => {
      const origin = originOf(url);
      const pathname = url.slice(origin.length).replace(/[?#].*$/s, '');
      return origin + (routes.find(({ pattern }) => pattern.test(pathname))?.route ?? '');
    };
  }
  if (typeof key === 'function') return undefined;
  throw new OptionError(path, key, "must be 'origin', a list of route patterns such as ['/orders/:id'], or a function");
}
