import type { CallSettings } from '@holdfast/core/internal';
import type { ParseJson } from '@holdfast/ky';
import type { CallScope } from './call-scope.ts';
import type { ResolvedOptions } from './resolved-options.ts';

/** Connects a stream to the calls through ky's face of which it consists. They share the stream's scope. */
export interface StreamPort {
  /** Called when all options are merged. Returns the scope; the first call creates it, and the stream ends it. */
  begin(resolved: ResolvedOptions, settings: CallSettings, create: (settings: CallSettings) => CallScope): CallScope;
  /** Called when the request is built, and nothing has been sent. */
  prepare(request: Request, parseJson: ParseJson | undefined): void;
}
