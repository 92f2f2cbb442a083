import type { ForcedRetry } from '@holdfast/core/internal';
import type { KyPort } from './ky-port.ts';
import type { NormalizedOptions, Options } from './kys-own.ts';

/** What the hooks of one call have seen, and what they have done to it. */
export class HookState {
  /** Runs a hook within the call's limits. */
  readonly within: KyPort['within'];
  readonly #retry: Options['retry'];
  /** ky's options, once it has built its request. */
  #normalized: Readonly<NormalizedOptions> | undefined;
  /** The request that ky has built. */
  built: Request | undefined;
  /** The current or last request. */
  request: Request | undefined;
  /** True if a hook has replaced the request that was made from the options. */
  isReplaced = false;
  /** True if `afterResponse` hooks have seen the answer of the server, or of a hook in its place. */
  isSeen = false;
  /**
   * True if a `beforeRetry` hook has answered in place of the server: this retry was not sent, but it counts as one.
   */
  isAnswered = false;
  /** A retry that a hook asked for before anything was sent. */
  forced: ForcedRetry | undefined;
  /** The error of a `beforeRetry` hook: as in ky, no `beforeError` hook is called for it. */
  unasked: unknown;

  constructor(retry: Options['retry'], within: KyPort['within']) {
    this.#retry = retry;
    this.within = within;
  }

  /** ky has built its request. */
  begin(request: Request, normalized: Readonly<NormalizedOptions>): void {
    this.built = request;
    this.request = request;
    this.#normalized = normalized;
  }

  /** ky's options as hooks see them: with the caller's own `retry`, not the 0 that keeps ky from retrying. */
  shown(given: Readonly<NormalizedOptions> | undefined = this.#normalized): Readonly<NormalizedOptions> {
    const own = this.#retry;
    const retry = { ...given?.retry, limit: 2, ...(typeof own === 'number' ? { limit: own } : own) };
    return Object.freeze({ ...given, retry }) as NormalizedOptions;
  }
}
