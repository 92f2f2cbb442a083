import { isHeaderName } from '../options/checks.ts';
import { OptionError } from '../options/validate.ts';
import type { Credentials } from './credentials.ts';
import { CredentialsKeeper } from './keeper.ts';

const keepers = new WeakMap<Credentials, CredentialsKeeper>();

/**
 * The keeper of these credentials, for one more client; the client calls its `close()` when it is closed itself. Each
 * object has one keeper.
 *
 * @throws TypeError for a value that is not a `Credentials` object.
 */
export function credentialsKeeper(source: Credentials, where = 'createResilientClient: auth'): CredentialsKeeper {
  const { get, header } = Object(source) as Partial<Credentials>;
  if (typeof get !== 'function' || !isHeaderName(header)) {
    throw new OptionError(where, source, 'must be bearerToken(…), apiKey(…) or {header, get, refresh?}');
  }
  const keeper = keepers.get(source) ?? new CredentialsKeeper(source);
  keepers.set(source, keeper);
  return keeper.open();
}
