import { type CoalesceOptions, resolveCoalesce } from '@holdfast/core/internal';
import { coalescer, coalesceScope } from '#coalescer';
import type * as here from '../coalescing/coalesce.ts';
import type { Feature } from '../feature/feature.ts';

export type { CoalesceOptions };

declare module '../feature/declared.js' {
  interface Brings {
    readonly coalescing: {
      readonly coalescer: typeof here.coalescer;
      readonly coalesceScope: typeof here.coalesceScope;
      readonly resolveCoalesce: typeof resolveCoalesce;
    };
  }

  interface FeatureOptions {
    /**
     * Equal GET and HEAD requests of the same identity that are in flight at the same time are sent once. `true`, or
     * options that say which calls may share, where an own `fetch`, `transport` or `perAttempt` strategy decides who the
     * sender is; with `true`, such calls share nothing.
     *
     * @defaultValue false
     */
    readonly coalesce?: boolean | CoalesceOptions | undefined;
  }
}

/** `coalesce`. */
export const coalescing: Feature = {
  name: 'coalescing',
  brings: { coalescer, coalesceScope, resolveCoalesce },
};
