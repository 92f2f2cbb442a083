import type { CallSettings } from '@holdfast/core/internal';
import type { CallScope } from './call-scope.ts';
import type { CallPolicy } from './runtime.ts';

/** What a stream has to say in the calls through ky's face that it is made of. They share its scope. */
export interface StreamPort {
  /** All options are merged. Gives the scope, which the first of them creates, and the stream ends. */
  begin(policy: CallPolicy, settings: CallSettings, create: (settings: CallSettings) => CallScope): CallScope;
  /** The request is built, and nothing has been sent. */
  prepare(request: Request): void;
}
