import { type CallTrace, letGoOfBody, onDemand, traceCall } from '@holdfast/core/internal';
import type { Input, KyBase } from '@holdfast/ky';
import { CallScope } from '../call/call-scope.ts';
import { callSettings, type Runtime } from '../call/runtime.ts';
import type { StreamPort } from '../call/stream-port.ts';
import { callWithKy } from '../faces/ky-face.ts';
import { targetOf } from '../faces/ky-target.ts';
import { givenMembers } from '../options/given-members.ts';
import { type CallOptions, splitOptions } from '../options/options.ts';
import type { Format } from './format.ts';
import { loadWithin } from './load-within.ts';
import type { ServerEvent } from './server-event.ts';
import { type EventStream, type ItemStream, LazyStream } from './stream.ts';
import type { StreamLoop } from './stream-loop.ts';
import { type EventsOptions, type StreamOptions, splitEventsOptions } from './stream-options.ts';

/** The two members of a client that open streams. */
export interface ClientStreams {
  /**
   * A stream of server-sent events, as an async iterable. The request is sent when the first item, or the response, is
   * asked for. Before the first event, a failure is retried like any other; after it, an interruption is resumed if
   * `resume` allows that.
   *
   * @throws TypeError or RangeError for bad options, at once; the iteration rejects with StreamInterruptedError and
   * with every error of a call.
   * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
   */
  events(input: Input, options?: EventsOptions): EventStream<ServerEvent>;
  /**
   * A stream of JSON lines (NDJSON), as an async iterable of their values. It is not resumed.
   *
   * @throws as `events()`; a line that is not JSON is a LineError.
   */
  lines<T = unknown>(input: Input, options?: CallOptions): ItemStream<T>;
}

export interface ClientStreamsParts {
  readonly runtime: Runtime;
  readonly base: KyBase;
  /** The user gives the function or handler that sends. */
  readonly hasOwnSender: boolean;
  /** The user's function, handler or dispatcher has limits of its own. */
  readonly hasOwnLimits: boolean;
}

/** The arguments of a stream. */
interface Asked<Item> {
  /** The method of the client, for messages. */
  readonly where: string;
  readonly input: Input;
  readonly call: CallOptions;
  readonly stream: StreamOptions<Item>;
  /** The frames of the code that opens it. */
  readonly trace: CallTrace | undefined;
  readonly formatOf: (part: Loaded) => Format<Item>;
}

type Loaded = typeof import('./streams.ts');

/**
 * All code is loaded before the request is sent: when a connection breaks, nothing has to be loaded over that network.
 */
const loaded = onDemand('Streams', (): Promise<Loaded> => import('./streams.ts'));

/** The idle timeout if the caller sets none, in milliseconds. */
const defaultIdleTimeout = 300_000;

export function clientStreams(parts: ClientStreamsParts): ClientStreams {
  const { runtime, base } = parts;
  const names = runtime.features.names.known;
  const events: ClientStreams['events'] = (input, options) => {
    const method = base.defaults.method ?? (input instanceof Request ? input.method : undefined);
    const asked = { ...splitEventsOptions(options, names, method), trace: traceCall(events) };
    return streamOf(parts, { ...asked, where: 'events', input, formatOf: (part) => part.eventFormat });
  };
  const lines = <T>(input: Input, options: CallOptions = {}): ItemStream<T> => {
    const call = givenMembers(options, names);
    const asked = { call, stream: { resume: false }, trace: traceCall(lines) } as const;
    return streamOf(parts, { ...asked, where: 'lines', input, formatOf: (part) => part.lineFormat as Format<T> });
  };
  return { events, lines };
}

/** A stream of items, of which nothing is sent yet. */
function streamOf<Item>(
  parts: ClientStreamsParts,
  { where, input, call, stream, trace, formatOf }: Asked<Item>,
): LazyStream<Item> {
  const { runtime, base } = parts;
  const first = split(parts, call, where);
  /** A Request's body is needed again where the stream may be resumed. */
  const bodied = input instanceof Request && input.body !== null ? input : undefined;
  const kept = stream.resume === false ? undefined : bodied;
  const spare = kept && (() => letGoOfBody(kept));
  const isSentOnce = bodied !== kept;
  const send = (options: CallOptions, port: StreamPort): Promise<Response> => {
    const { own, forKy } = options === call ? first : split(parts, options, where);
    const idleTimeout = own.idleTimeout ?? runtime.policy.idleTimeout ?? defaultIdleTimeout;
    return callWithKy(runtime, base, kept?.clone() ?? input, {
      own: { ...own, idleTimeout },
      forKy,
      trace,
      stream: port,
    });
  };
  /** The call, until the stream is loaded and continues it. */
  const scope = (): CallScope => {
    const options = { ...base.defaults, ...first.forKy };
    const signal = options.signal ?? (input instanceof Request ? input.signal : undefined);
    const target = (): ReturnType<typeof targetOf> => targetOf(input, options);
    return new CallScope(runtime, callSettings(runtime.policy, options), signal, target).calledFrom(trace);
  };
  return new LazyStream((answered) => {
    const { part, leave } = loadWithin(loaded, runtime.clock, scope);
    const loopOf = (part: Loaded): StreamLoop<Item> =>
      new part.StreamLoop({ runtime, format: formatOf(part), call, stream, send, answered, spare, isSentOnce });
    return { loop: part.then(loopOf), leave };
  });
}

/** The options of one request of a stream, checked. */
function split(parts: ClientStreamsParts, options: CallOptions, where: string): SplitCall {
  const { features } = parts.runtime;
  const isOwn = parts.hasOwnSender || options.fetch !== undefined;
  const given = splitOptions(options, where, 'call', { features, hasOwnFetch: isOwn });
  const hasOwnLimits = parts.hasOwnLimits || isOwn || 'dispatcher' in options;
  features.deadlines?.checkPlatformLimits({ ...given.forKy, ...given.own }, where, hasOwnLimits);
  return given;
}

type SplitCall = ReturnType<typeof splitOptions<'call'>>;
