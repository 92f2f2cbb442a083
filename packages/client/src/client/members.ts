import { OptionError, traceCall } from '@holdfast/core/internal';
import { type Input, ky, type ResponsePromise } from '@holdfast/ky';
import type { Runtime } from '../call/runtime.ts';
import type { ExplainInput } from '../explain/explain.ts';
import { resilientFetch } from '../faces/fetch.ts';
import { callWithKy } from '../faces/ky-face.ts';
import { refusedCall } from '../faces/refused-call.ts';
import { type Features, needsFeature } from '../feature/feature.ts';
import { checkValues } from '../options/check-values.ts';
import { type CallOptions, type ClientOptions, separateOptions } from '../options/options.ts';
import { contextOfCall } from '../options/options-context.ts';
import { unwrapped } from '../options/unwrapped.ts';
import type { ClientSnapshot, ResilientClient } from './client.ts';
import { baseOf } from './read-client-options.ts';
import type { Setup } from './setup.ts';
import type { ClientParts } from './shared-parts.ts';

const methods = ['get', 'post', 'put', 'patch', 'head', 'delete', 'query'] as const;

/** Makes the client that the user gets: a function with members. */
export function clientOf(
  setup: Setup,
  runtime: Runtime,
  parts: ClientParts,
  extendBy: (options: ClientOptions) => ResilientClient,
): ResilientClient {
  const { features, base, hub, settings, allOwn, hasOwnLimits } = setup;
  const { explain } = features.explaining ?? {};
  const send = senderOf(setup, runtime);
  const client = (input: Input, given?: CallOptions): ResponsePromise => send(client, input, given);
  for (const method of methods) {
    const call = (input: Input, given?: CallOptions): ResponsePromise => send(call, input, given, method);
    Object.assign(client, { [method]: call });
  }
  return Object.assign(client, ...featureMembers(features, parts, setup), {
    ...features.streams?.clientStreams({ ...setup, runtime }),
    fetch: resilientFetch(runtime, base.defaults, hasOwnLimits),
    extend(given: ClientOptions | ((parent: ClientOptions) => ClientOptions)): ResilientClient {
      const all = { ...allOwn, ...(base.defaults as ClientOptions) };
      const further = typeof given === 'function' ? given(all) : given;
      if (typeof further === 'object' && further !== null) return extendBy(further);
      throw new OptionError('extend: options', further, 'must be an object, or a function that returns one');
    },
    on: hub.on,
    ...(explain && {
      explain: (input: ExplainInput) =>
        explain(
          { runtime, settings, base: baseOf(base.defaults), headers: unwrapped(base.defaults.headers).value, parts },
          input,
        ),
    }),
    snapshot: () => snapshotOf(runtime, parts),
    close: runtime.close,
    [Symbol.asyncDispose]: () => runtime.close(),
    stop: ky.stop,
    retry: ky.retry,
  }) as unknown as ResilientClient;
}

/** The members that features add to the client; one whose feature is missing throws, and names the feature. */
function featureMembers(features: Features, parts: ClientParts, { hub }: Setup): readonly (object | undefined)[] {
  const missing = features.absent
    .filter(([name]) => features[name] === undefined)
    .map(([name, { members }]) =>
      members?.((member) => () => {
        throw needsFeature(`${member}:`, name);
      }),
    );
  return [...missing, ...features.members.map((of) => of(parts, hub.on))];
}

/** @param entry The member that the user calls: the stacks of errors begin below it. */
type Send = (entry: unknown, input: Input, given: CallOptions | undefined, method?: string) => ResponsePromise;

function senderOf(setup: Setup, runtime: Runtime): Send {
  const { base } = setup;
  return (entry, input, given, method) => {
    const trace = traceCall(entry);
    if (given === undefined) {
      return callWithKy(runtime, base, input, { own: undefined, forKy: method === undefined ? {} : { method }, trace });
    }
    const where = method ?? 'call';
    const context = contextOfCall(setup, given, where);
    const split = separateOptions(given, context);
    try {
      checkValues(split, context);
    } catch (error) {
      return refusedCall(error);
    }
    const own = Object.keys(split.own).length === 0 ? undefined : split.own;
    const forKy = method === undefined ? split.forKy : { ...split.forKy, method };
    return callWithKy(runtime, base, input, { own, forKy, trace });
  };
}

function snapshotOf({ features, pipeline, calls }: Runtime, parts: ClientParts): ClientSnapshot {
  return { pipeline, callsInFlight: calls.size, ...features.snapshot(parts) };
}
