/**
 * Browsers give a failure of the network no code, and their words name none, nor a URL: what `code-in-words.ts` knows of
 * Bun, Deno and Electron's main process is of no use in a page.
 */

export function codeInWords(): undefined {}

export function hidesRedirects(): boolean {
  return false;
}

export function isBeforeConnection(): boolean {
  return false;
}

export function urlInWords(): undefined {}
