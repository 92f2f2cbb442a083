import type { Who } from './who.ts';

/** The requests that a pause concerns. Each absent part makes the scope wider. */
export interface Scope {
  /** The origin that answered, or the key that `rateLimit.key` gives. */
  readonly owner: string;
  /** The sender of the requests. */
  readonly who?: Who;
  /** The bucket that the server named. */
  readonly bucket?: string;
  /** If it named none: the method and the pattern of the path. */
  readonly path?: string;
}

/** A text that only equal scopes of one owner have, in this process. */
export function scopeKey({ who, bucket, path }: Scope): string {
  return `${who?.id ?? ''}\n${bucket === undefined ? '' : `b${bucket}`}\n${path ?? ''}`;
}

/** A text that equal scopes have in all processes. It may hold secrets, so it must be hashed, and never shown. */
export function scopeText({ owner, who, bucket, path }: Scope): string {
  return JSON.stringify([owner, who?.reveal() ?? null, bucket ?? null, path ?? null]);
}
