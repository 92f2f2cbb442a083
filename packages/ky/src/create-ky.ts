import {
  type CallContext,
  createCall,
  createEventHub,
  defaultLevels,
  type Handler,
  resolvePolicyLevel,
  systemClock,
  systemRandom,
  translateKyRetry,
} from '@holdfast/core';
import ky, { type Input, type KyInstance, type Options } from 'ky';
import { callThroughKy, type KyCall, type KyPort } from './call-through-ky.ts';

const methods = ['get', 'post', 'put', 'patch', 'head', 'delete', 'query'] as const;

/**
 * ky's interface on any handler: a transport, or a pipeline that was composed by hand. ky's `retry`, `timeout` and
 * `totalTimeout` are handed to it in the context's settings; ky itself neither retries nor keeps time.
 */
export function createKy(handler: Handler, options: Options = {}): KyInstance {
  return face(handler, ky.create(options));
}

function face(handler: Handler, base: KyInstance): KyInstance {
  const call = (input: Input, own: Options = {}): ReturnType<KyInstance> =>
    callThroughKy(base, input, own, port(handler));
  const instance = (input: Input, own?: Options): ReturnType<KyInstance> => call(input, own);
  for (const method of methods) {
    Object.assign(instance, { [method]: (input: Input, own?: Options) => call(input, { ...own, method }) });
  }
  return Object.assign(instance, {
    create: (own?: Options) => createKy(handler, own),
    extend: (own: Parameters<KyInstance['extend']>[0]) => face(handler, base.extend(own)),
    stop: ky.stop,
    retry: ky.retry,
  }) as unknown as KyInstance;
}

function port(handler: Handler): KyPort {
  const { emit } = createEventHub();
  const startedAt = systemClock.now();
  let kyCall: KyCall;
  let retries = (): number => 0;
  return {
    begin(call) {
      kyCall = call;
    },
    send(request, init, body) {
      const { retry, timeout = 10_000, totalTimeout = false, signal } = kyCall.options;
      const override = retry === undefined ? undefined : translateKyRetry(retry, 'createKy');
      const level = resolvePolicyLevel({}, 'createKy', override);
      const call = createCall(request.method, request.url, systemClock, startedAt);
      retries = () => call.attempts.filter(({ decision }) => decision?.action === 'retry').length;
      const context: CallContext = {
        call,
        attempt: 1,
        signal: signal ?? new AbortController().signal,
        random: systemRandom,
        emit,
        body,
        init,
        settings: {
          levels: level ? [level, ...defaultLevels] : defaultLevels,
          timeout,
          totalTimeout,
          ...(kyCall.hooks && { hooks: kyCall.hooks }),
          ...(kyCall.options.fetch && { fetch: kyCall.options.fetch }),
        },
      };
      return handler(request, context);
    },
    throws: () => true,
    retryCount: () => retries(),
    within: async (work) => work(),
    unlessAborted: (work) => work(),
  };
}
