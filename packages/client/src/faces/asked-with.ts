import type { CallTrace } from '@holdfast/core/internal';
import type { KyOptions } from '@holdfast/ky';
import type { StreamPort } from '../call/stream-port.ts';
import type { CallOptions } from '../options/options.ts';

/** The arguments of a call. */
export interface AskedWith {
  readonly own: CallOptions | undefined;
  readonly forKy: KyOptions;
  /** The frames of the code that makes the call. */
  readonly trace: CallTrace | undefined;
  /** Set if the call is one request of a stream. */
  readonly stream?: StreamPort;
}
