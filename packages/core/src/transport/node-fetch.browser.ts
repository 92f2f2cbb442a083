/**
 * A page can't set a `Content-Length`, and its fetch shows no redirect. So the rules of `node-fetch.ts` are of no use
 * there.
 */

export function refuseWrongLength(): void {}

export function hidesAnswers(): boolean {
  return false;
}
