/**
 * Browsers give a network failure no code, and their messages name no cause and no host. So the rules of
 * `code-in-words.ts` for Node, Bun, Deno and Electron's main process are of no use in a page.
 */

export function codeInWords(): undefined {}

export function brokenAnswerIn(): undefined {}

export function hidesRedirects(): boolean {
  return false;
}

export { hidesRedirects as isBeforeSecure, hidesRedirects as isElsewhere, hidesRedirects as isRefusedBefore };
