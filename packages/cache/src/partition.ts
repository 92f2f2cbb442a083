import {
  type Call,
  type CallContext,
  type CredentialsIdentity,
  defused,
  noSender,
  OptionError,
  outOfTime,
  Sender,
  withinCall,
} from '@holdfast/core';
import { isCredential, keyOf } from './key.ts';
import type { HeaderFields } from './policy.ts';

/** Keeps apart what is for one and what is for another. */
export interface Partitions {
  /** Where the answers to a request are, before it is sent. */
  placeOf(request: Request, headers: HeaderFields, context: CallContext): Promise<Place>;
  /** By what function to find the key of a URL, once a request has been sent: of what was kept for its sender. */
  sender(request: Request, headers: HeaderFields, context: CallContext): () => (url: string) => string;
}

export interface Place {
  /** Where to look; nothing where it is not known yet as whom the request will be sent. */
  readonly key: string | undefined;
  /**
   * Where to put the answer: by what was sent, since a refresh may have changed it.
   *
   * @param sent The request as it was sent.
   * @param vary What its answers vary by.
   * @param call For which it was sent.
   * @returns Nothing where something further inside has changed what answers depend on: the next request would not show
   * that.
   */
  keyFor(sent: Request, vary: readonly string[], call: Call): string | undefined;
}

/** @param partition The user's own function. @param path Its path, for messages. */
export function partitions(
  identity: CredentialsIdentity | undefined,
  partition: ((request: Request) => string) | undefined,
  path: string,
): Partitions {
  const given = (request: Request): string => {
    const name: unknown = partition === undefined ? '' : defused(partition(request));
    if (typeof name === 'string') return name;
    throw new OptionError(`${path}()`, name, 'must give a string');
  };
  /** All that is known of the sender before our own credentials are put on. A browser sends cookies by `credentials`. */
  const known = (request: Request, headers: HeaderFields, { settings }: CallContext): readonly unknown[] => {
    const isSecret = ([name]: readonly [string, string]): boolean => isCredential(name, settings.idempotencyHeader);
    return [request.credentials, Object.entries(headers).filter(isSecret), given(request)];
  };
  return {
    async placeOf(request, headers, context) {
      const sender = known(request, headers, context);
      const { url } = request;
      const expected = await identified(identity?.expected(request, context) ?? noSender, context);
      return {
        key: expected === undefined ? undefined : keyOf(url, [...sender, expected.reveal()]),
        keyFor(sent, vary, call) {
          const as = expected === noSender ? noSender : identity?.sentAs(call);
          if (as === undefined) return undefined;
          const secrets = [...sent.headers.keys(), ...Object.keys(headers)].filter((name) =>
            isCredential(name, context.settings.idempotencyHeader),
          );
          const isChanged = (name: string): boolean => (sent.headers.get(name) ?? undefined) !== headers[name];
          const isOurs = (name: string): boolean => as !== noSender && name === identity?.header;
          if ([...vary, ...secrets].some((name) => isChanged(name) && !isOurs(name))) return undefined;
          return keyOf(url, [...sender, as.reveal()]);
        },
      };
    },
    sender(request, headers, context) {
      const sender = known(request, headers, context);
      return () => {
        const isTheirs = identity === undefined || headers[identity.header] !== undefined;
        const as = isTheirs ? noSender : (identity.sentAs(context.call) ?? noSender);
        return (url) => keyOf(url, [...sender, as.reveal()]);
      };
    },
  };
}

/** Credentials may be waited for as long as the call may take; nobody knows whose they are then. */
async function identified(
  identity: Promise<Sender | undefined> | Sender,
  context: CallContext,
): Promise<Sender | undefined> {
  if (identity instanceof Sender) return identity;
  const known = await withinCall(identity, context);
  return known === outOfTime ? undefined : known;
}
