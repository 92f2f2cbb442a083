import type { Call } from '../kernel/call.ts';
import type { CallContext } from '../kernel/call-context.ts';
import type { CredentialsKeeper } from './keeper.ts';
import { noSender, type Sender } from './sender.ts';
import { putsOn } from './where.ts';

/** As whom requests are sent, for rings further outside that share something among requests. */
export interface CredentialsIdentity {
  /** The header that is put on further inside, in lower case. */
  readonly header: string;
  /**
   * As whom this request will be sent: `noSender` where none of ours are put on, `undefined` where that is not known yet.
   * It may have to ask the user's own function, in the context of the call.
   */
  expected(request: Request, context: CallContext): Promise<Sender | undefined> | Sender;
  /** As whom the call's last attempt was sent, where ours were put on. */
  sentAs(call: Call): Sender | undefined;
}

/** As whom the requests that `credentialsRing` lets through are sent. */
export function credentialsIdentity(keeper: CredentialsKeeper, origins: readonly string[]): CredentialsIdentity {
  return {
    header: keeper.header.toLowerCase(),
    expected: (request, context) => (putsOn(request, keeper.header, origins) ? keeper.identity(context) : noSender),
    sentAs: (call) => keeper.sentAs(call),
  };
}
