import { redactText, shownUrl } from '@holdfast/core/internal';
import type { Scope } from './scope.ts';

/**
 * How events, errors and snapshots call a bucket: what the server calls it, or the method and the path; absent where it
 * concerns all requests. A server may make a name of what it was sent, and a path may hold a token.
 */
export function shownBucket({ bucket, path }: Pick<Scope, 'bucket' | 'path'>): string | undefined {
  const name = bucket ?? path;
  return name === undefined ? undefined : redactText(shownUrl(name));
}
