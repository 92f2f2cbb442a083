import type { CallContext } from '@holdfast/core';
import { type CredentialsIdentity, noSender, RecentMap, type Sender } from '@holdfast/core/internal/late';
import { lastingPart } from './lasting-part.ts';
import { personalHeaders } from './personal-headers.ts';
import { personalQuery } from './personal-query.ts';

/** The sender of a request, as far as its headers, its URL and the client's credentials show it. */
export interface RequestSender {
  /** Unique within the process, and no secret. */
  readonly id: string;
  /** The same in all processes. It holds secrets, so it must be hashed, and never shown. */
  reveal(): string;
}

/** Distinguishes senders. The same headers, keys in the query and credentials are the same sender. */
export class RequestSenders {
  readonly #byText = new RecentMap<string, RequestSender>();
  #last = 0;

  /**
   * @param ours The client's own credentials, which are put on further inside.
   * @param withoutHeader Set if another origin answered: then this header, like all headers that a redirect removes,
   * does not count.
   */
  of(request: Request, context: CallContext, ours: Sender, withoutHeader?: string): RequestSender {
    const headers = personalHeaders(request.headers, {
      idempotencyHeader: context.settings.idempotencyHeader,
      withoutHeader,
    });
    // A redirect does not take the query along.
    const isNamed = ours !== noSender || request.headers.has('authorization');
    if (withoutHeader === undefined) headers.push(...personalQuery(request.url, isNamed));
    if (ours === noSender && headers.length === 0) return anyone;
    const lasting = lastingOf(ours);
    const text = JSON.stringify([lasting ?? ours.id, headers]);
    return this.#byText.get(text) ?? this.#add(text, JSON.stringify([lasting ?? ours.reveal(), headers]));
  }

  /** The sender that a request itself shows, if it has sent before. */
  find(request: Request): RequestSender | undefined {
    const headers = personalHeaders(request.headers, { idempotencyHeader: undefined, withoutHeader: undefined });
    headers.push(...personalQuery(request.url, request.headers.has('authorization')));
    return headers.length === 0 ? anyone : this.#byText.get(JSON.stringify([noSender.id, headers]));
  }

  #add(text: string, revealed: string): RequestSender {
    const sender: RequestSender = { id: `sender ${++this.#last}`, reveal: () => revealed };
    this.#byText.set(text, sender);
    return sender;
  }
}

/** The part of the client's own credentials that outlives one request, if it is not all of them. */
function lastingOf(ours: Sender): string | undefined {
  const value = ours.revealValue();
  const lasting = value === undefined ? undefined : lastingPart(value);
  return lasting === value ? undefined : lasting;
}

/** The sender of requests that do not identify one. */
export const anyone: RequestSender = { id: 'anyone', reveal: () => '' };

/**
 * The sender of a request that is about to be sent: this may call the user's own function, in the context of the call.
 */
export function expectedSender(
  senders: RequestSenders,
  identity: CredentialsIdentity | undefined,
  request: Request,
  context: CallContext,
): Promise<RequestSender | undefined> | RequestSender {
  const expected = identity?.expected(request, context) ?? noSender;
  if (!(expected instanceof Promise)) return senders.of(request, context, expected);
  // An error of the function is reported by the ring that puts the credentials on.
  return expected.then(
    (sender) => sender && senders.of(request, context, sender),
    () => undefined,
  );
}
