import {
  asGiven,
  isResponse,
  ownRequest,
  type RequestBody,
  type RetryHooks,
  requestBody,
  throwingAsUser,
} from '@holdfast/core/internal';
import { askBeforeError } from './before-error.ts';
import { HookState } from './hook-state.ts';
import { type KyPort, type OpenPort, type PortLink, usePort } from './ky-port.ts';
import {
  type Hooks,
  HTTPError,
  type Input,
  ky,
  type NormalizedOptions,
  type Options,
  type ResponsePromise,
} from './kys-own.ts';
import { isPlain, type KyBase, plainCall } from './plain-call.ts';
import { readRetriedOf, retryHooks } from './retry-hooks.ts';
import { sendThrough, unlessSent } from './send-through.ts';

/**
 * One owner for each behaviour. ky builds the request and provides the familiar interface; time, retries and errors are
 * the pipeline's. So for each call ky's own retry, timeouts and signal are taken out of its options, by an `init` hook
 * that runs after the user's, when everything has been merged; and the pipeline becomes its `fetch`.
 *
 * Sends one call through ky; ky's `fetch` is the port that `open` makes.
 */
export function callThroughKy(base: KyBase, input: Input, options: Options, open: OpenPort): ResponsePromise {
  // ky says the same of any other wrong input; but it reads a member of this one first, which throws an internal TypeError.
  if (input === undefined || input === null) throw new TypeError('`input` must be a string, URL, or Request');
  if (base.allowsPlain && isPlain(options)) return plainCall(base, input, options, open);
  // A call's own `init` hooks must run before ours, so they are put into a separate instance of ky.
  const instance = options.hooks === undefined ? base.ky : base.ky.extend({ hooks: options.hooks });
  return instance(input, { ...options, hooks: { init: [(merged) => takeOver(merged, open)] } });
}

/** What the hooks around one call share. */
interface HookedCall {
  readonly state: HookState;
  readonly port: KyPort;
  readonly hooks: RetryHooks | undefined;
  readonly userHooks: Hooks;
  /** Shows an error to the user's `beforeError` hooks. */
  readonly ask: (thrown: Error, given?: Readonly<NormalizedOptions>) => Promise<Error>;
}

function takeOver(merged: Options, open: OpenPort): void {
  const userHooks: Hooks = merged.hooks ?? {};
  if (merged.body) merged.body = asGiven(merged.body);
  const options = { ...merged };
  const link: PortLink = { port: undefined, serialized: undefined };
  const state = new HookState(options.retry, (work) => port.within(work));
  const hooks = retryHooks(userHooks, options, state);
  const sizeOf = (): Options['body'] => (state.isReplaced ? undefined : (link.serialized ?? options.body));
  if (options.onUploadProgress) options.fetch = fetchWithProgress(options, sizeOf);
  const replaceJson = (text: string): void => {
    link.serialized = text;
  };
  const { beforeRequest = [], beforeError = [] } = userHooks;
  const ask = (thrown: Error, given?: Readonly<NormalizedOptions>): Promise<Error> =>
    askBeforeError(thrown, { hooks: beforeError, state, port, options: given });
  const readRetried = readRetriedOf(options, hooks);
  const port = open({
    options,
    hooks,
    readRetried,
    replaceJson,
    ...(beforeError.length > 0 && { askBeforeError: ask }),
  });
  link.port = port;

  // Retries, time, the signal and the progress of uploads are not ky's part of a call.
  Object.assign(merged, { retry: 0, timeout: false, totalTimeout: false });
  delete merged.signal;
  delete merged.onUploadProgress;
  usePort(merged, options, link, port);
  const bodyOf: BodyOf = (request) => requestBody(link.serialized ?? options.body, request, state.isReplaced);
  if (!hooks && beforeRequest.length === 0 && beforeError.length === 0) {
    merged.fetch = (request, init = {}) => sendThrough(port, request as Request, init, bodyOf(request as Request));
    return;
  }
  const call: HookedCall = { state, port, hooks, userHooks, ask };
  if (port.signal) merged.signal = port.signal;
  merged.fetch = fetchWithHooks(call, bodyOf);
  merged.hooks = hooksAround(call, bodyOf);
}

type BodyOf = (request: Request) => RequestBody;

/** The `fetch` of a call with hooks. */
function fetchWithHooks({ state, port, hooks }: HookedCall, bodyOf: BodyOf): NonNullable<Options['fetch']> {
  return async (given, init = {}) => {
    const request = ownRequest(given) ?? (given as Request);
    state.request = request;
    state.isReplaced = request !== state.built;
    const response = await sendThrough(port, request, init, bodyOf(request));
    // An answer from outside the retries, or in place of them, is still shown to the hooks.
    if (!hooks?.afterResponse || state.isSeen) return response;
    const shown = await hooks.afterResponse(response, request, 0);
    if ('kind' in shown) throw shown.error;
    return shown;
  };
}

/** The user's `beforeRequest` and `beforeError` hooks, as ky calls them. */
function hooksAround({ state, port, hooks, userHooks, ask }: HookedCall, bodyOf: BodyOf): Hooks {
  const { beforeRequest = [] } = userHooks;
  return {
    beforeRequest: [
      (given) => state.begin(given.request, given.options),
      ...beforeRequest.map((hook): typeof hook => async (given) => {
        // ky calls no further hook after one has answered; here `ky.retry()` has taken that answer back.
        if (state.forced) return undefined;
        return unlessSent(given.request, bodyOf(given.request), async () => {
          const answer = await port.within(() => hook({ ...given, options: state.shown(given.options) }));
          if (!isResponse(answer) || !hooks?.afterResponse) return answer;
          const shown = await hooks.afterResponse(answer, given.request, 0);
          if (!('kind' in shown)) return shown;
          state.forced = shown;
          return undefined;
        });
      }),
    ],
    beforeError: [
      async ({ error: thrown, options: given }) => {
        const failure = port.failureOf(thrown);
        nameRequest(failure, state.request);
        return thrown === state.unasked ? thrown : ask(failure, given);
      },
    ],
  };
}

/** A hook may have replaced the request that failed; ky does not know the new one. */
function nameRequest(error: Error, request: Request | undefined): void {
  if (!(error instanceof HTTPError) || request === undefined || error.request === request) return;
  const usual = new HTTPError(error.response, error.request, error.options);
  if (error.message === usual.message) error.message = new HTTPError(error.response, request, error.options).message;
  error.request = request;
}

/**
 * ky reports the progress of the request that it builds. Each attempt has its own progress, so each goes through ky.
 *
 * @param made The value from which the body was made, if it is known: a stream has no size.
 */
function fetchWithProgress(
  { onUploadProgress, fetch }: Options,
  made: () => Options['body'],
): NonNullable<Options['fetch']> {
  const reported = onUploadProgress && throwingAsUser(onUploadProgress);
  return (request, init) => {
    const body = made() ?? undefined;
    const whole = body === undefined || body instanceof ReadableStream ? {} : { body };
    const off = { retry: 0, timeout: false, throwHttpErrors: false };
    return ky(
      request as Request,
      { ...init, ...whole, ...off, onUploadProgress: reported, ...(fetch && { fetch }) } as Options,
    );
  };
}
