import type { CallSettings } from '@holdfast/core/internal';
import type { Runtime } from '../call/runtime.ts';
import type { SharedParts } from '../feature/declared.ts';

/** The client that is asked. */
export interface Explained {
  readonly runtime: Runtime;
  readonly settings: CallSettings;
  readonly base: string | undefined;
  readonly parts: SharedParts;
}
