/// <reference lib="esnext.disposable" preserve="true" />

import type { Decision } from '@holdfast/core';
import type { EventHub } from '@holdfast/core/internal';
import type { Input, KyInstance, ResponsePromise } from '@holdfast/ky';
import type { CloseOptions } from '../call/calls-in-flight.ts';
import type { ExplainInput } from '../explain/explain.ts';
import type { ResilientFetch } from '../faces/fetch.ts';
import type { FeatureMembers, FeatureSnapshots } from '../feature/declared.ts';
import type { CallOptions, ClientOptions } from '../options/options.ts';
import type { ClientStreams } from '../streams/client-streams.ts';

type Method = <T = unknown>(url: Input, options?: CallOptions) => ResponsePromise<T>;

/** What `client.snapshot()` gives: plain JSON. */
export interface ClientSnapshot extends FeatureSnapshots {
  /** The rings' names, outermost first. */
  readonly pipeline: readonly string[];
  readonly callsInFlight: number;
}

/** A ky client whose every request goes through one pipeline. */
export interface ResilientClient extends ClientStreams, FeatureMembers {
  <T = unknown>(url: Input, options?: CallOptions): ResponsePromise<T>;
  readonly get: Method;
  readonly post: Method;
  readonly put: Method;
  readonly patch: Method;
  readonly delete: Method;
  readonly head: Method;
  readonly query: Method;
  /** A drop-in for the platform's `fetch`, to hand to any SDK. */
  readonly fetch: ResilientFetch;
  /** A client with more options. It shares with its parent everything that they do not change. */
  extend(options: ClientOptions | ((parent: ClientOptions) => ClientOptions)): ResilientClient;
  /** Listens to events; returns the function that stops it. A listener that throws breaks no call. */
  readonly on: EventHub['on'];
  /**
   * What the policy engine would decide about such an outcome; nothing is sent. Without an outcome (`{ method, url }`),
   * what would hold the call up now: a pause, with its bucket and its end, or an open circuit. Then `headers` are those
   * of the request: only pauses of the sender that they show count.
   */
  explain(input: ExplainInput): Decision;
  snapshot(): ClientSnapshot;
  /**
   * Ends every running call with `CLIENT_CLOSED`, and refuses new ones; so do the clients that `extend()` made from
   * this one. With `drainMs`, running calls may first end by themselves. A response that was returned before can still
   * be read. Resolves when everything that the client owns has ended: timers, connections, listeners.
   *
   * @remarks A second `close()` without `drainMs` ends the wait of the first.
   * @throws TypeError or RangeError for a `drainMs` that is not a number of milliseconds.
   * @example
   * ```ts
   * import { createResilientClient } from 'holdfast';
   *
   * const api = createResilientClient({ baseUrl: 'https://api.example.com/v1/' });
   * process.once('SIGTERM', () => api.close({ drainMs: 10_000 }));
   * ```
   */
  close(options?: CloseOptions): Promise<void>;
  /** `close()` without `drainMs`: at the end of an `await using` block, calls that have not ended end at once. */
  [Symbol.asyncDispose](): Promise<void>;
  /** ky's own symbols, for hooks. */
  readonly stop: KyInstance['stop'];
  readonly retry: KyInstance['retry'];
}
