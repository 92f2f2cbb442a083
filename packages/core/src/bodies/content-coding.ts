/** True if the body has no content coding. */
export function isPlain(headers: Headers): boolean {
  const coding = headers.get('content-encoding');
  return coding === null || /^\s*(identity)?\s*$/i.test(coding);
}
