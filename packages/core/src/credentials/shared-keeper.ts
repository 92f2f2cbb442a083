import { OptionError } from '../options/validate.ts';
import type { Credentials } from './credentials.ts';
import { CredentialsKeeper } from './keeper.ts';

const keepers = new WeakMap<Credentials, CredentialsKeeper>();

/**
 * The keeper of these credentials, for one more client, which closes it when it is closed itself. One object has one keeper.
 *
 * @throws TypeError for what are no credentials.
 */
export function credentialsKeeper(source: Credentials, where = 'createResilientClient: auth'): CredentialsKeeper {
  if (
    typeof (source as Partial<Credentials> | null)?.get !== 'function' ||
    typeof source.header !== 'string' ||
    !/^[\w!#$%&'*+.^`|~-]+$/.test(source.header)
  ) {
    throw new OptionError(where, source, 'must be bearerToken(…), apiKey(…) or {header, get, refresh?}');
  }
  const keeper = keepers.get(source) ?? new CredentialsKeeper(source);
  keepers.set(source, keeper);
  return keeper.open();
}
