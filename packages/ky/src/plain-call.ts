import { asGiven, ignore, requestBody } from '@holdfast/core/internal';
import { type KyPort, type OpenPort, type PortLink, usePort } from './ky-port.ts';
import { type Input, type KyInstance, type Options, type ResponsePromise, replaceOption } from './kys-own.ts';
import { readRetriedOf } from './retry-hooks.ts';
import { sendThrough } from './send-through.ts';

/**
 * ky with the client's options, made once for all calls.
 *
 * Nearly all calls are plain: they have no hook, no progress, and no option that ky would have to merge before it is
 * known what the call asks for. They are spared the `init` hook, for which ky copies all options of a call, and merges
 * them twice.
 */
export interface KyBase {
  readonly ky: KyInstance;
  /** The same instance, with ky's own retries and timeouts switched off. */
  readonly bare: KyInstance;
  /** The user's options for all calls. */
  readonly defaults: Readonly<Options>;
  /** Do these options allow plain calls? */
  readonly allowsPlain: boolean;
}

export function kyBase(ky: KyInstance): KyBase {
  let defaults: Options = {};
  // ky shows its options only to a function given to `extend()`.
  const bare = ky.extend((all) => {
    defaults = all;
    return { retry: 0, timeout: false, ...(all.totalTimeout !== undefined && { totalTimeout: false as const }) };
  });
  const { hooks = {}, ...rest } = defaults;
  const hasHooks = Object.values(hooks).some((list) => list.length > 0);
  const isMerged = merged.some((key) => defaults[key] !== undefined);
  return { ky, bare, defaults, allowsPlain: !hasHooks && !isMerged && isPlain(rest) };
}

/** The options that the port reads, and that ky would merge with those of a call. */
const merged = ['signal', 'json', 'body', 'retry'] as const;

const marker = Object.getOwnPropertySymbols(replaceOption({}))[0] as symbol;

/** Has `replaceOption()` marked a value that is not to be merged? */
export function isMarked(value: unknown): value is { readonly value: unknown } {
  return typeof value === 'object' && value !== null && marker in value;
}

/** Is the result of these options known without ky's merge? */
export function isPlain(options: Options): boolean {
  if (options.hooks !== undefined || options.onUploadProgress !== undefined) return false;
  for (const key in options) if (isMarked(options[key as keyof Options])) return false;
  return typeof options.retry !== 'object' || options.retry.shouldRetry === undefined;
}

/** Sends a plain call. */
export function plainCall(base: KyBase, input: Input, given: Options, open: OpenPort): ResponsePromise {
  const options: Options = { ...base.defaults, ...given };
  if (options.body) options.body = asGiven(options.body);
  const { body } = options;
  const link: PortLink = { port: undefined, serialized: undefined };
  const release = (): void => {
    link.port = undefined;
  };
  // Only the progress of an upload needs the text that replaces `json`, and a plain call reports none.
  const port = open({ options, hooks: undefined, readRetried: readRetriedOf(options), replaceJson: ignore, release });
  link.port = port;
  const forKy: Options = {
    ...given,
    ...(body && { body }),
    fetch: (given, init = {}) => {
      const request = given as Request;
      return sendThrough(link.port as KyPort, request, init, requestBody(link.serialized ?? body, request));
    },
  };
  // Retries, time limits and the signal are the port's business. `bare` has them switched off, but the call's own options
  // would switch them on again.
  if ('retry' in given) forKy.retry = 0;
  if ('timeout' in given) forKy.timeout = false;
  if ('totalTimeout' in given) forKy.totalTimeout = false;
  if ('signal' in given) forKy.signal = undefined as never;
  usePort(forKy, options, link, port);
  return base.bare(input, forKy);
}
