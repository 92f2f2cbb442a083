import type { Call } from '../kernel/call.ts';
import type { CallContext } from '../kernel/call-context.ts';
import type { CredentialsKeeper } from './keeper.ts';
import { noSender, type Sender } from './sender.ts';
import { putsOn } from './where.ts';

/** The sender of requests, for rings further outside that share state among requests. */
export interface CredentialsIdentity {
  /** The header that the `credentials` ring sets, in lower case. */
  readonly header: string;
  /**
   * The sender of this request: `noSender` where none of our credentials are put on, `undefined` where it is not known
   * yet. This may have to call the user's own function, in the context of the call.
   */
  expected(request: Request, context: CallContext): Promise<Sender | undefined> | Sender;
  /** The sender of the call's last attempt, where our credentials were put on. */
  sentAs(call: Call): Sender | undefined;
}

/** The sender of the requests that `credentialsRing` passes on. */
export function credentialsIdentity(keeper: CredentialsKeeper, origins: readonly string[]): CredentialsIdentity {
  return {
    header: keeper.header.toLowerCase(),
    expected: (request, context) => (putsOn(request, keeper.header, origins) ? keeper.identity(context) : noSender),
    sentAs: (call) => keeper.sentAs(call),
  };
}
