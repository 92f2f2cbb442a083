import { methodOverrides } from './method-overrides.ts';

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY']);

/** Does the request carry a header that asks for another method? Then its own method says nothing. */
export function overridesMethod({ headers }: Request): boolean {
  return methodOverrides.some((name) => headers.has(name));
}

/**
 * May the request change something on the server? By its method, or because a header asks for another method: it is not
 * known which servers obey that header, and on which methods.
 *
 * @see RFC 9110 section 9.2.1
 */
export function mayChange(request: Request): boolean {
  return !safeMethods.has(request.method) || overridesMethod(request);
}
