import type { RequestSender } from './request-sender.ts';

/** The requests that a pause concerns. Each absent part makes the scope wider. */
export interface Scope {
  /** The origin that answered, or the key that `rateLimit.key` gives. */
  readonly owner: string;
  /** The sender of the requests. */
  readonly sender?: RequestSender;
  /** The bucket that the server named. */
  readonly bucket?: string;
  /** If it named none: the method and the pattern of the path. */
  readonly path?: string;
}

/** A text that only equal scopes of one owner have, in this process. */
export function scopeKey({ sender, bucket, path }: Scope): string {
  return `${sender?.id ?? ''}\n${bucket === undefined ? '' : `b${bucket}`}\n${path ?? ''}`;
}

/** A text that equal scopes have in all processes. It may hold secrets, so it must be hashed, and never shown. */
export function scopeText({ owner, sender, bucket, path }: Scope): string {
  return JSON.stringify([owner, sender?.reveal() ?? null, bucket ?? null, path ?? null]);
}
