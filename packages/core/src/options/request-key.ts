import { originOf } from '../platform/origin.ts';
import { defused } from './defused.ts';
import { pathPattern } from './path-pattern.ts';
import { OptionError } from './validate.ts';

/** Whose circuit or limit a request counts for: its origin's, that of the first route that it matches, or what a function says. */
export type RequestKey = 'origin' | readonly string[] | ((request: Request) => string);

/** @throws TypeError for what is none of them; the function that it gives throws for a key that is no string. */
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
 * The same for a URL alone, as of an answer that was redirected: what a function of the user's says of requests it does
 * not say of URLs, and so there is none.
 *
 * @throws TypeError for what is no key.
 */
export function urlKey(key: RequestKey, path: string): ((url: string) => string) | undefined {
  if (key === 'origin') return originOf;
  if (Array.isArray(key)) {
    const routes = key.map((route: unknown, index) => {
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
