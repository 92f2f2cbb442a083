import type { Call, CallContext } from '@holdfast/core';
import {
  type CredentialsIdentity,
  isImpersonal,
  noSender,
  outOfTime,
  Sender,
  type SharingScope,
  textOf,
  withinCall,
} from '@holdfast/core/internal';
import type { HeaderFields } from './policy.ts';

/** Who may get a stored response: what must be equal in two requests. */
export interface Identities {
  /** `undefined` where code further inside may put on who is asking: such a request passes the cache by. */
  of(request: Request, headers: HeaderFields, context: CallContext): Promise<Identity | undefined>;
}

/** Who is asking, in one request. */
export interface Identity {
  /** Where to look; `undefined` if the sender of the request is not known yet. */
  readonly key: string | undefined;
  /**
   * Where to store: by what was sent, since a refresh may have changed the sender.
   *
   * @param sent The request as it was sent.
   * @param vary What its answers vary by.
   * @param call For which it was sent.
   * @returns `undefined` where something further inside has changed what answers depend on: the next request would not
   * show that.
   */
  keyFor(sent: Request, vary: readonly string[], call: Call): string | undefined;
}

/** @param credentials What puts credentials on further inside. */
export function identities(credentials: CredentialsIdentity | undefined, scopeOf: SharingScope): Identities {
  return {
    async of(request, headers, context) {
      const scope = scopeOf(request, context);
      if (scope === undefined) return undefined;
      const { idempotencyHeader } = context.settings;
      const isPersonal = (name: string): boolean => !isImpersonal(name, idempotencyHeader);
      // A browser sends cookies by `credentials`; a runtime's own options may name a client certificate.
      const shown = [request.credentials, Object.entries(headers).filter(([name]) => isPersonal(name))];
      const known = [...shown, runtimeOptions(context.init), scope];
      const keyOf = (sender: Sender): string => JSON.stringify([...known, ...textOfSender(sender, credentials)]);
      const expected = await inTime(credentials?.expected(request, context) ?? noSender, context);
      return {
        key: expected && keyOf(expected),
        keyFor(sent, vary, call) {
          const sender = expected === noSender ? noSender : credentials?.sentAs(call.sentUnder ?? call);
          if (sender === undefined) return undefined;
          const personal = [...sent.headers.keys(), ...Object.keys(headers)].filter(isPersonal);
          const isChanged = (name: string): boolean => (sent.headers.get(name) ?? undefined) !== headers[name];
          const isOurs = (name: string): boolean => sender !== noSender && name === credentials?.header;
          if ([...vary, ...personal].some((name) => isChanged(name) && !isOurs(name))) return undefined;
          return keyOf(sender);
        },
      };
    },
  };
}

/** The name of an account means something only within its `auth` object; a token means the same everywhere. */
function textOfSender(sender: Sender, credentials: CredentialsIdentity | undefined): readonly string[] {
  if (sender === noSender) return [];
  const owner = sender.isNamed ? textOf(sender) : '';
  return [credentials?.header ?? '', sender.reveal(), owner];
}

/** Which connection a request takes, such as a `dispatcher`; not how urgent it is. */
function runtimeOptions(init: RequestInit | undefined): string {
  if (init === undefined) return '';
  const { priority: _, ...rest } = init as RequestInit & { readonly priority?: unknown };
  return Object.keys(rest).length === 0 ? '' : textOf(rest);
}

/** The wait for credentials may take as long as the call may; after that, their sender is unknown. */
async function inTime(
  expected: Promise<Sender | undefined> | Sender,
  context: CallContext,
): Promise<Sender | undefined> {
  if (expected instanceof Sender) return expected;
  const known = await withinCall(expected, context);
  return known === outOfTime ? undefined : known;
}
