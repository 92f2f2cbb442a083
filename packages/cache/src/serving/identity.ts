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
} from '@holdfast/core/internal/late';
import type { HeaderFields } from '../rules/policy.ts';

/** The identities of requests: what must be equal in two requests that share a stored response. */
export interface Identities {
  /** `undefined` if code further inside may identify the sender: such a request bypasses the cache. */
  of(request: Request, headers: HeaderFields, context: CallContext): Promise<Identity | undefined>;
}

/** The identity of one request's sender. */
export interface Identity {
  /** The identity for looking up a response; `undefined` if the sender of the request is not known yet. */
  readonly key: string | undefined;
  /**
   * The identity for storing a response: by what was sent, since a refresh may have changed the sender.
   *
   * @param sent The request as it was sent.
   * @param vary The headers by which its answers vary.
   * @param call The call for which it was sent.
   * @returns `undefined` if code further inside has changed a header on which answers depend: the next request would
   * not show that.
   */
  keyFor(sent: Request, vary: readonly string[], call: Call): string | undefined;
}

/** @param credentials The credentials that a ring further inside puts on. */
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

/** The options that choose the connection of a request, such as `dispatcher`, but not its priority. */
function runtimeOptions(init: RequestInit | undefined): string {
  if (init === undefined) return '';
  const { priority: _, ...rest } = init as RequestInit & { readonly priority?: unknown };
  return Object.keys(rest).length === 0 ? '' : textOf(rest);
}

/** The call waits for credentials no longer than its time allows; after that, their sender is unknown. */
async function inTime(
  expected: Promise<Sender | undefined> | Sender,
  context: CallContext,
): Promise<Sender | undefined> {
  if (expected instanceof Sender) return expected;
  const known = await withinCall(expected, context);
  return known === outOfTime ? undefined : known;
}
