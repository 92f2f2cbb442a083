import type { CallSettings } from '@holdfast/core/internal';
import type { KyOptions } from '@holdfast/ky';
import type { Runtime } from '../call/runtime.ts';
import type { SharedParts } from '../feature/declared.ts';

/** The client that is asked. */
export interface Explained {
  readonly runtime: Runtime;
  readonly settings: CallSettings;
  readonly base: string | undefined;
  /** The headers that the client puts on each request. */
  readonly headers: KyOptions['headers'];
  readonly parts: SharedParts;
}
