import { redactText, shownUrl } from '@holdfast/core/internal/late';

/**
 * The name of a bucket in events, errors and snapshots: the server's own, or the method and the path; absent if it
 * concerns all requests. The name is redacted: a server may make it from the request, and a path may hold a token.
 */
export function shownBucket({
  bucket,
  path,
}: Partial<Record<'bucket' | 'path', string | undefined>>): string | undefined {
  const name = bucket ?? path;
  return name === undefined ? undefined : redactText(shownUrl(name));
}
