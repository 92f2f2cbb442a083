import { redactText, shownUrl } from '@holdfast/core/internal/late';
import type { Scope } from './scope.ts';

/**
 * The name of a bucket in events, errors and snapshots: the server's own, or the method and the path; absent if it
 * concerns all requests. The name is redacted: a server may make it from the request, and a path may hold a token.
 */
export function shownBucket({ bucket, path }: Pick<Scope, 'bucket' | 'path'>): string | undefined {
  const name = bucket ?? path;
  return name === undefined ? undefined : redactText(shownUrl(name));
}
