import { given } from '../kernel/given.ts';
import { referrerOf } from './referrer.ts';

/** A Request, also one of another realm or a polyfill's. */
export function isRequest(value: unknown): value is Request {
  return value instanceof Request || Object.prototype.toString.call(value) === '[object Request]';
}

/**
 * A hook may give a Request that another realm or a polyfill has made: an iframe's, jsdom's, node-fetch's. The platform
 * does not recognise it as a Request, and would read it as a URL. So a new one is made.
 *
 * @returns `undefined` for a value that is not a Request.
 */
export function ownRequest(value: unknown): Request | undefined {
  if (value instanceof Request) return value;
  if (!isRequest(value)) return undefined;
  const foreign: Request = value;
  const { method, headers, body, cache, credentials, integrity, keepalive, mode, redirect } = foreign;
  return new Request(foreign.url, {
    method,
    headers: [...headers],
    ...referrerOf(foreign),
    ...given({ cache, credentials, integrity, keepalive, redirect }),
    // By the standard, a Request with the mode `navigate` can't be made by hand.
    ...(mode !== undefined && mode !== 'navigate' && { mode }),
    ...(body && { body, duplex: 'half' }),
  });
}
