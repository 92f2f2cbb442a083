const nameFields = [
  ...['x-ratelimit-resource', 'x-ratelimit-bucket', 'x-ratelimit-name'],
  ...['ratelimit-name', 'ratelimit-resource', 'ratelimit-bucket'],
];

export const longestBucketName = 200;

/** The bucket that an answer names in a header. */
export function bucketName(headers: Headers): string | undefined {
  for (const field of nameFields) {
    const name = headers.get(field);
    if (name) return name.slice(0, longestBucketName);
  }
  return undefined;
}
