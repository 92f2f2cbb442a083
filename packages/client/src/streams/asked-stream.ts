import type { CallTrace } from '@holdfast/core/internal';
import type { Input, KyBase } from '@holdfast/ky';
import type { Runtime } from '../call/runtime.ts';
import { type CallOptions, splitOptions } from '../options/options.ts';
import type { StreamOptions } from './stream-options.ts';

/** The client that opens streams. */
export interface StreamingClient {
  readonly runtime: Runtime;
  readonly base: KyBase;
  /** The user gives the function or handler that sends. */
  readonly hasOwnSender: boolean;
  /** The user's function, handler or dispatcher has limits of its own. */
  readonly hasOwnLimits: boolean;
}

/** The arguments of a stream. */
export interface AskedStream<Item> {
  /** The method of the client, for messages. */
  readonly where: 'events' | 'lines';
  readonly input: Input;
  readonly call: CallOptions;
  readonly stream: StreamOptions<Item>;
  /** The frames of the code that opens it. */
  readonly trace: CallTrace | undefined;
}

export type SplitCall = ReturnType<typeof splitOptions<'call'>>;

/** The options of one request of a stream, checked. */
export function splitCall(client: StreamingClient, options: CallOptions, where: string): SplitCall {
  const { features } = client.runtime;
  const isOwn = client.hasOwnSender || options.fetch !== undefined;
  const given = splitOptions(options, where, 'call', { features, hasOwnFetch: isOwn });
  const hasOwnLimits = client.hasOwnLimits || isOwn || 'dispatcher' in options;
  features.deadlines?.checkPlatformLimits({ ...given.forKy, ...given.own }, where, hasOwnLimits);
  return given;
}
