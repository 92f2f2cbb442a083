import type { CallContext } from '../kernel/call-context.ts';
import { methodOverrides } from '../sharing/method-overrides.ts';

declare module '../kernel/call-context.js' {
  interface CallSettings {
    /** The header that makes any request replayable. @defaultValue 'Idempotency-Key' */
    readonly idempotencyHeader?: string | undefined;
  }
}

/**
 * May a request be sent again safely? By its method, or because an idempotency key lets the server distinguish a second
 * attempt from a second order. The policy engine weighs what the outcome proves (that the server did nothing).
 *
 * @see RFC 9110 section 9.2.2 (idempotent methods), RFC 10008 (QUERY),
 * draft-ietf-httpapi-idempotency-key-header
 */
const idempotentMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY', 'PUT', 'DELETE']);

/** Does a method mean the same when it is sent twice? */
export function isIdempotent(method: string): boolean {
  return idempotentMethods.has(method.toUpperCase());
}

/** True if a request may be sent again safely: by its method, or because it carries an idempotency key. */
export function isReplayable(request: Request, context: Pick<CallContext, 'settings'>): boolean {
  return isIdempotentRequest(request) || request.headers.has(idempotencyHeader(context));
}

/** `GET` with `X-HTTP-Method-Override: POST` is an order: the method that a header asks for has to be idempotent, too. */
function isIdempotentRequest({ method, headers }: Request): boolean {
  return isIdempotent(method) && methodOverrides.every((name) => isIdempotent(headers.get(name) ?? method));
}

/** The name of the header that carries the idempotency key. */
export function idempotencyHeader({ settings }: Pick<CallContext, 'settings'>): string {
  return settings.idempotencyHeader ?? 'idempotency-key';
}
