/** Errors of other libraries that represent a NetworkError, such as ky's own in ky's hooks. */
const likeNetworkErrors = new WeakSet<object>();

/** `error instanceof NetworkError` holds for this error of another library, too. */
export function alsoNetworkError<T extends Error>(error: T): T {
  likeNetworkErrors.add(error);
  return error;
}

export function isLikeNetworkError(value: unknown): boolean {
  return likeNetworkErrors.has(value as object);
}
