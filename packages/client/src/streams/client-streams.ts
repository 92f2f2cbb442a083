import { onDemand, traceCall } from '@holdfast/core/internal';
import type { Input } from '@holdfast/ky';
import { CallScope } from '../call/call-scope.ts';
import { callSettings, resolveOptions } from '../call/resolved-options.ts';
import { callWithKy } from '../faces/ky-face.ts';
import { targetOf } from '../faces/ky-target.ts';
import { givenMembers } from '../options/given-members.ts';
import type { CallOptions } from '../options/options.ts';
import { type AskedStream, type StreamingClient, splitCall } from './asked-stream.ts';
import { loadWithin } from './load-within.ts';
import type { ServerEvent } from './server-event.ts';
import { type EventStream, type ItemStream, LazyStream } from './stream.ts';
import { type EventsOptions, splitEventsOptions } from './stream-options.ts';

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

/**
 * All code is loaded before the request is sent: when a connection breaks, nothing has to be loaded over that network.
 */
const loaded = onDemand('Streams', () => import('./streams.ts'));

export function clientStreams(client: StreamingClient): ClientStreams {
  const { runtime, base } = client;
  const names = runtime.features.names.known;
  const events: ClientStreams['events'] = (input, options) => {
    const method = base.defaults.method ?? (input instanceof Request ? input.method : undefined);
    const asked = splitEventsOptions(options, names, method);
    return streamOf(client, { ...asked, where: 'events', input, trace: traceCall(events) });
  };
  const lines = <T>(input: Input, options: CallOptions = {}): ItemStream<T> => {
    const asked = { call: givenMembers(options, names), stream: { resume: false } } as const;
    return streamOf<T>(client, { ...asked, where: 'lines', input, trace: traceCall(lines) });
  };
  return { events, lines };
}

/** A stream of items, of which nothing is sent yet. */
function streamOf<Item>(client: StreamingClient, given: Omit<AskedStream<Item>, 'client' | 'first'>): LazyStream<Item> {
  const { runtime, base } = client;
  const { input, call, where, trace } = given;
  const first = splitCall(client, call, where);
  // Each request resolves its options; here it is done so that options that no request may have are refused at once.
  resolveOptions(first.own, runtime.resolved, where, runtime.features);
  /** The call, until the stream is loaded and continues it. */
  const scope = (): CallScope => {
    const options = { ...base.defaults, ...first.forKy };
    const signal = options.signal ?? (input instanceof Request ? input.signal : undefined);
    const target = (): ReturnType<typeof targetOf> => targetOf(input, options);
    return new CallScope(runtime, callSettings(runtime.resolved, options), signal, target).calledFrom(trace);
  };
  return new LazyStream((opening) => {
    const { part, leave } = loadWithin(loaded, runtime.clock, scope);
    return {
      reader: part.then(({ beginStream }) =>
        beginStream({ client, first, ...given }, { callWithKy, splitCall }, opening),
      ),
      leave,
    };
  });
}
