/** @throws TypeError in a browser, which can't connect to Redis. */
export function serversOnly(path: string): never {
  throw new TypeError(`${path} works on servers only: a browser has no connection to Redis; leave it out there`);
}
