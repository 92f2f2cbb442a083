/** Node's own fetch looks the page up by this symbol, too. */
const globalOrigin = Symbol.for('undici.globalOrigin.1');

/** The page from which requests come, on Node. A program has none, unless undici's `setGlobalOrigin()` names one. */
export function pageOf(): URL | undefined {
  return (globalThis as { readonly [globalOrigin]?: URL })[globalOrigin];
}
