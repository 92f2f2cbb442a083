/**
 * Browsers give a failure of the network no code, and their words name no cause and no host: what `code-in-words.ts` knows of
 * Node, Bun, Deno and Electron's main process is of no use in a page.
 */

export function codeInWords(): undefined {}

export function brokenAnswerIn(): undefined {}

export function hidesRedirects(): boolean {
  return false;
}

export { hidesRedirects as isBeforeSecure, hidesRedirects as isElsewhere, hidesRedirects as isRefusedBefore };
