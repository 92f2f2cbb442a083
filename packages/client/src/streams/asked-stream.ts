import type { CallTrace } from '@holdfast/core/internal';
import type { Input, KyBase } from '@holdfast/ky';
import type { Runtime } from '../call/runtime.ts';
import { type CallOptions, splitOptions } from '../options/options.ts';
import { contextOfCall, type SendingClient } from '../options/options-context.ts';
import type { StreamOptions } from './stream-options.ts';

/** The client that opens streams. */
export interface StreamingClient extends SendingClient {
  readonly runtime: Runtime;
  readonly base: KyBase;
}

/** The arguments of a stream. */
export interface AskedStream<Item> {
  readonly client: StreamingClient;
  /** The method of the client, for messages. */
  readonly where: 'events' | 'lines';
  readonly input: Input;
  readonly call: CallOptions;
  /** The options of its first request. */
  readonly first: SplitCall;
  readonly stream: StreamOptions<Item>;
  /** The frames of the code that opens it. */
  readonly trace: CallTrace | undefined;
}

export type SplitCall = ReturnType<typeof splitOptions<'call'>>;

/** The options of one request of a stream, checked. */
export function splitCall(client: StreamingClient, options: CallOptions, where: string): SplitCall {
  return splitOptions(options, contextOfCall(client, options, where));
}
