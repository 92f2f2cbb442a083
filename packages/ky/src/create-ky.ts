import { type Call, type CallContext, createEventHub, defaultLevels, type Handler, systemClock } from '@holdfast/core';
import {
  type CallSettings,
  createCall,
  type KyRetryOptions,
  type RequestBody,
  resolvePolicyLevel,
  systemRandom,
  translateKyRetry,
} from '@holdfast/core/internal';
import { retriesSent } from './before-error.ts';
import { callThroughKy } from './call-through-ky.ts';
import type { KyCall, KyPort, ParseJson } from './ky-port.ts';
import { type Input, type KyInstance, ky, type Options, type ResponsePromise } from './kys-own.ts';
import { type KyBase, kyBase } from './plain-call.ts';
import { stopped } from './retry-hooks.ts';

const methods = ['get', 'post', 'put', 'patch', 'head', 'delete', 'query'] as const;
const bodyTypes = ['json', 'text', 'blob', 'arrayBuffer', 'bytes', 'formData'] as const;

/**
 * ky's interface on any handler: a transport, or a pipeline that was composed by hand. The handler gets ky's `retry`,
 * `timeout` and `totalTimeout` in the context's settings; ky itself neither retries nor keeps time.
 */
export function createKy(handler: Handler, options: Options = {}): KyInstance {
  return face(handler, kyBase(ky.create(options)));
}

function face(handler: Handler, base: KyBase): KyInstance {
  const call = (input: Input, own: Options = {}): ResponsePromise => {
    let isStoppable = false;
    const promise = callThroughKy(base, input, own, (call) => {
      isStoppable = call.hooks?.beforeRetry !== undefined;
      return new HandlerPort(handler, input, call);
    });
    return isStoppable ? unlessStopped(promise) : promise;
  };
  const instance = (input: Input, own?: Options): ReturnType<KyInstance> => call(input, own);
  for (const method of methods) {
    Object.assign(instance, { [method]: (input: Input, own?: Options) => call(input, { ...own, method }) });
  }
  return Object.assign(instance, {
    create: (own?: Options) => createKy(handler, own),
    extend: (own: Parameters<KyInstance['extend']>[0]) => face(handler, kyBase(base.ky.extend(own))),
    stop: ky.stop,
    retry: ky.retry,
  }) as unknown as KyInstance;
}

/** If a hook returned `ky.stop`, the promise resolves with `undefined`. */
function unlessStopped(promise: ResponsePromise): ResponsePromise {
  const nothing = (error: unknown): undefined => {
    if (error !== stopped) throw error;
  };
  const result = promise.catch(nothing);
  for (const type of bodyTypes) {
    if (typeof promise[type] !== 'function') continue;
    Object.assign(result, { [type]: (schema: never) => promise[type](schema).catch(nothing) });
  }
  return result as ResponsePromise;
}

const { emit } = createEventHub();

class HandlerPort implements KyPort {
  readonly #handler: Handler;
  readonly #input: Input;
  readonly #startedAt = systemClock.now();
  readonly #options: Readonly<Options>;
  readonly #ofKy: KyCall;
  #call: Call | undefined;

  constructor(handler: Handler, input: Input, ofKy: KyCall) {
    this.#handler = handler;
    this.#input = input;
    this.#options = ofKy.options;
    this.#ofKy = ofKy;
  }

  get signal(): AbortSignal | undefined {
    return this.#options.signal ?? (this.#input instanceof Request ? this.#input.signal : undefined);
  }

  send(request: Request, init: RequestInit, body: RequestBody): Promise<Response> {
    const { hooks, readRetried } = this.#ofKy;
    const { retry, timeout = 10_000, totalTimeout = false, fetch } = this.#options;
    const override = retry === undefined ? undefined : translateKyRetry(retry as KyRetryOptions, 'createKy');
    const level = resolvePolicyLevel({}, 'createKy', override);
    const call = createCall(request.method, request.url, systemClock, this.#startedAt);
    this.#call = call;
    const settings: CallSettings = {
      levels: level ? [level, ...defaultLevels] : defaultLevels,
      timeout,
      totalTimeout,
      ...(hooks && { hooks }),
      ...(readRetried && { readRetried }),
      ...(fetch && { fetch }),
    };
    const signal = this.signal ?? new AbortController().signal;
    const context: CallContext = { call, attempt: 1, signal, random: systemRandom, emit, body, init, settings };
    return this.#handler(request, context);
  }

  throws(): boolean {
    const action = this.#call?.decision?.action;
    return action !== 'accept' && action !== 'fallback';
  }

  retryCount(): number {
    return retriesSent(this.#call?.attempts ?? []);
  }

  async within<T>(work: () => T | Promise<T>): Promise<T> {
    return work();
  }

  afterFailure<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }

  failureOf(error: Error): Error {
    return error;
  }

  parseJson(parse: ParseJson, text: string, context: Parameters<ParseJson>[1]): unknown {
    return parse(text, context);
  }
}
