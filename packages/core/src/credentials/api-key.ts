import { isHeaderName, must } from '../options/checks.ts';
import { optionsObject, show } from '../options/validate.ts';
import { accountOf, type Credentials } from './credentials.ts';

export interface ApiKeyOptions {
  /** The key, or a function that returns the current one, so that keys rotate without a restart. */
  readonly key: string | (() => string | Promise<string>);
  /** @defaultValue 'x-api-key' */
  readonly header?: string;
  /**
   * The account of the key: what a response cache stores is kept for an account when its key is exchanged.
   * @defaultValue each key is another account
   */
  readonly account?: string | (() => string);
  /** The environment of the client: a key that is known to belong to another environment is refused. */
  readonly environment?: string;
  /** How an environment's keys begin. @defaultValue `{test: ['sk_test_', 'pk_test_', 'rk_test_', 'test_'], production: ['sk_live_', 'pk_live_', 'rk_live_', 'live_']}` */
  readonly prefixes?: Readonly<Record<string, string | readonly string[]>>;
}

const usualPrefixes: Readonly<Record<string, readonly string[]>> = {
  test: ['sk_test_', 'pk_test_', 'rk_test_', 'test_'],
  production: ['sk_live_', 'pk_live_', 'rk_live_', 'live_'],
};

/**
 * An API key in a header.
 *
 * @throws TypeError for an invalid key, or one of another environment; where the key is a function, the call is
 * rejected with a `CREDENTIALS` error instead.
 */
export function apiKey(options: ApiKeyOptions): Credentials {
  const where = 'apiKey';
  optionsObject(options, where, ['key', 'header', 'account', 'environment', 'prefixes']);
  const { key, header = 'x-api-key', environment, prefixes = usualPrefixes } = options;
  must(isHeaderName, "must be a header's name such as 'x-api-key'")(header, `${where}: header`);
  if (environment !== undefined && !Object.hasOwn(prefixes, environment)) {
    const known = Object.keys(prefixes).join(', ');
    throw new TypeError(
      `${where}: environment must be one of ${known}, or be named in prefixes, got ${show(environment)}`,
    );
  }
  /** @param path Used in texts without a colon: redaction takes what follows such a name and a colon for a secret. */
  const checked = (given: unknown, path: string): string => {
    if (typeof given !== 'string' || given === '' || !/^[\x20-\x7e]+$/.test(given)) {
      const kind = typeof given === 'string' ? 'an empty or unprintable string' : show(given);
      throw new TypeError(`${path} must be a string or a function that returns one, got ${kind}`);
    }
    const actual = environment === undefined ? undefined : environmentOf(given, prefixes);
    if (actual !== undefined && actual !== environment) {
      throw new TypeError(
        `${path} belongs to the ${actual} environment, but environment is '${environment}'; use a key of ${environment}`,
      );
    }
    return given;
  };
  const always = { header: header.toLowerCase(), ...accountOf(options.account, where) };
  if (typeof key === 'function') return { ...always, get: async () => checked(await key(), `${where}.key()`) };
  const value = checked(key, `${where}: key`);
  return { ...always, get: () => value };
}

/** The environment whose prefix the key begins with; the longest prefix counts. */
function environmentOf(key: string, prefixes: NonNullable<ApiKeyOptions['prefixes']>): string | undefined {
  const matches = Object.entries(prefixes).flatMap(([environment, starts]) =>
    [starts].flat().map((start) => ({ environment, start })),
  );
  return matches
    .filter(({ start }) => key.startsWith(start))
    .sort((one, other) => other.start.length - one.start.length)[0]?.environment;
}
