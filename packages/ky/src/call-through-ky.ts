import { type RequestBody, type RetryHooks, requestBody } from '@holdfast/core';
import type { Hooks, Input, KyInstance, NormalizedOptions, Options, ResponsePromise } from 'ky';
import { retryHooks } from './retry-hooks.ts';
import { stringifyJson } from './stringify-json.ts';

/**
 * One owner for each behaviour. ky builds the request and gives the interface that people know; time, retries and
 * errors are the pipeline's. So for each call ky's own retry, timeouts and signal are taken out of its options, by an
 * `init` hook that runs after the user's, when everything has been merged; and the pipeline becomes its `fetch`.
 */
export interface KyCall {
  /** ky's options of this call, merged, as the user gave them. */
  readonly options: Readonly<Options>;
  /** ky's hooks that belong between attempts, if there are any. */
  readonly hooks: RetryHooks | undefined;
}

/** What stands behind ky: told when a call begins, asked to send, and for whether a status is to be thrown. */
export interface KyPort {
  /** All options are merged, and nothing has happened yet. Synchronous. */
  begin(call: KyCall): void;
  send(request: Request, init: RequestInit, body: RequestBody): Promise<Response>;
  /** May this final status be thrown as an `HTTPError`? Asked where ky's `throwHttpErrors` says yes. */
  throws(status: number): boolean;
  /** ky's `retry` of this call, where it was taken out of the options: whom to ask, and what hooks are shown. */
  readonly retry?: Options['retry'];
  /** How many retries there were. */
  retryCount(): number;
  /** Runs a hook of the user's that ky calls before the pipeline, within the call's limits. */
  within<T>(work: () => T | Promise<T>): Promise<T>;
  /** Runs a hook of the user's that ky calls after the pipeline: the time may be up, so only the caller ends it. */
  unlessAborted<T>(work: () => Promise<T>): Promise<T>;
}

/** Sends one call through ky, and what ky would fetch through the port. */
export function callThroughKy(base: KyInstance, input: Input, options: Options, port: KyPort): ResponsePromise {
  // A call's own init hooks must have run before ours, so they go into an instance of their own.
  const instance = options.hooks === undefined ? base : base.extend({ hooks: options.hooks });
  return instance(input, { ...options, hooks: { init: [(merged) => takeOver(merged, port)] } });
}

function takeOver(merged: Options, port: KyPort): void {
  const options = { ...merged };
  const userHooks: Hooks = merged.hooks ?? {};
  let normalized: Readonly<NormalizedOptions> | undefined;
  let serialized: string | undefined;
  /** The Request that ky built, and the one that the user's hooks left: not the same where a hook replaced it. */
  let built: Request | undefined;
  let left: Request | undefined;

  const retry = merged.retry ?? port.retry;
  const shown = (given: Readonly<NormalizedOptions> | undefined): Readonly<NormalizedOptions> =>
    ({ ...given, retry: shownRetry(given, retry) }) as NormalizedOptions;
  const hooks = retryHooks(userHooks, { ...options, ...(retry !== undefined && { retry }) }, () => shown(normalized));
  port.begin({ options, hooks });

  merged.retry = 0;
  merged.timeout = false;
  merged.totalTimeout = false;
  delete merged.signal;
  const throws = options.throwHttpErrors ?? true;
  merged.throwHttpErrors = (status) => (typeof throws === 'function' ? throws(status) : throws) && port.throws(status);
  if (options.json !== undefined) {
    merged.stringifyJson = (data) => {
      serialized = stringifyJson(data, options.stringifyJson);
      return serialized;
    };
  }
  merged.fetch = (request, init = {}) => {
    const replaced = built !== undefined && left !== undefined && left !== built;
    const value = replaced ? undefined : (serialized ?? options.body ?? undefined);
    return port.send(request as Request, init, requestBody(value, request as Request));
  };

  const { init: _init, beforeRequest = [], beforeError = [], beforeRetry = [], afterResponse = [] } = userHooks;
  const hooked = beforeRequest.length + beforeError.length + beforeRetry.length + afterResponse.length > 0;
  if (!hooked) return;
  merged.hooks = {
    beforeRequest: [
      (state) => {
        built = state.request;
        normalized = state.options;
      },
      ...beforeRequest.map(
        (hook): typeof hook =>
          (state) =>
            port.within(async () => {
              const given = await hook({ ...state, options: shown(state.options) });
              // ky shows an answer that a hook gave to `afterResponse`, too.
              return given instanceof Response && hooks ? answeredByHook(given, state.request, hooks) : given;
            }),
      ),
      (state) => {
        left = state.request;
      },
    ],
    beforeError: beforeError.map(
      (hook): typeof hook =>
        (state) =>
          port.unlessAborted(async () =>
            hook({ ...state, options: shown(state.options), retryCount: port.retryCount() }),
          ),
    ),
  };
}

async function answeredByHook(response: Response, request: Request, hooks: RetryHooks): Promise<Response | undefined> {
  const given = (await hooks.afterResponse?.(response, request, 0)) ?? response;
  return 'kind' in given ? undefined : given;
}

/** What a hook sees as `options.retry`: the caller's own, not the zero that keeps ky from retrying. */
function shownRetry(given: Readonly<NormalizedOptions> | undefined, retry: Options['retry']): object {
  return { ...given?.retry, limit: 2, ...(typeof retry === 'number' ? { limit: retry } : retry) };
}
