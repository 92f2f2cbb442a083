import { OptionRangeError, platformLimitMs } from '@holdfast/core/internal/late';

/** The options for which a platform may have limits of its own. */
interface Times {
  readonly timeout?: unknown;
  readonly idleTimeout?: unknown;
}

/**
 * Refuses a `timeout` or `idleTimeout` that can't take effect: Node's own fetch gives up after 300 s without headers,
 * and after 300 s without a byte of the body. A call that needs ten minutes would fail after five, and have to be sent
 * again.
 *
 * @param isOwn The user gives the function, handler or dispatcher that sends.
 * @throws RangeError that names the remedy.
 */
export function checkPlatformLimits({ timeout, idleTimeout }: Times, where: string, isOwn: boolean): void {
  if (isOwn) return;
  refuse(timeout, `${where}: timeout`, 'headersTimeout', 'headers');
  refuse(idleTimeout, `${where}: idleTimeout`, 'bodyTimeout', 'a byte of the body');
}

function refuse(value: unknown, path: string, limit: 'headersTimeout' | 'bodyTimeout', what: string): void {
  if (typeof value !== 'number' || value <= platformLimitMs || !isNodesFetch()) return;
  const limitMs = limitOfDispatcher(limit);
  if (limitMs === 0 || value <= limitMs) return;
  const remedy =
    `must be at most ${limitMs} with Node's own fetch, which gives up after ${limitMs} ms without ${what}; ` +
    "set transport: undiciTransport() of '@holdfast/undici', where the client's limits are the only ones";
  throw new OptionRangeError(path, value, remedy);
}

function isNodesFetch(): boolean {
  const { versions } = (globalThis as { process?: { versions?: Record<string, string | undefined> } }).process ?? {};
  if (versions?.['undici'] === undefined || versions['bun'] !== undefined || versions['deno'] !== undefined)
    return false;
  // A `fetch` that a test or a tracer has put in its place may have other limits.
  return /\bundici\b/.test(Function.prototype.toString.call(globalThis.fetch));
}

/** If the user has set a dispatcher for the process, its limits apply; a dispatcher may not show them. */
function limitOfDispatcher(limit: 'headersTimeout' | 'bodyTimeout'): number {
  let limitMs = platformLimitMs;
  for (const version of [1, 2]) {
    const dispatcher: object | undefined = Reflect.get(globalThis, Symbol.for(`undici.globalDispatcher.${version}`));
    if (dispatcher === undefined) continue;
    if (dispatcher.constructor.name !== 'Agent') return 0;
    const symbol = Object.getOwnPropertySymbols(dispatcher).find(({ description }) => description === 'options');
    const options = symbol && (Reflect.get(dispatcher, symbol) as Record<string, unknown> | undefined);
    const given = options?.[limit];
    if (typeof given === 'number') limitMs = given;
  }
  return limitMs;
}

const nodeIgnores: Readonly<Record<string, string>> = {
  proxy: "Node's fetch has no proxy option, and would bypass the proxy; use dispatcher: new ProxyAgent('…') of undici",
  agent: "Node's fetch has no agent option; use dispatcher: new Agent({…}) of undici",
};

/** Why an option has no effect. Bun's fetch supports `proxy`, and a user's fetch may support both. */
export function ignoredByPlatform(key: string): string | undefined {
  return Object.hasOwn(nodeIgnores, key) && isNode() ? nodeIgnores[key] : undefined;
}

/** True for Node itself: Bun, Deno and workers set the same global names. */
function isNode(): boolean {
  const { process, Bun, Deno, navigator } = globalThis as {
    readonly process?: { readonly release?: { readonly name?: string } };
    readonly Bun?: unknown;
    readonly Deno?: unknown;
    readonly navigator?: { readonly userAgent?: string };
  };
  const isOther = Bun !== undefined || Deno !== undefined || navigator?.userAgent === 'Cloudflare-Workers';
  return process?.release?.name === 'node' && !isOther;
}
