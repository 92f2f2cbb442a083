import { type Coalescer, loadedInTime, onDemand, type SharingScope, type Strategy } from '@holdfast/core/internal';
import type * as here from './coalesce.ts';

/**
 * A page loads the code that shares requests as soon as a ring is made, since `coalesce` is off by default. The first
 * calls wait for it, for a second at most; where it does not come, each call sends its own request.
 */
const whole = onDemand('The sharing of requests', () => import('./coalesce.ts'));
const longestLoadMs = 1_000;

export function coalescer(): Coalescer {
  let loaded: Coalescer | undefined;
  return {
    for(parts) {
      let inner: Strategy | undefined;
      whole.loadWhenIdle();
      return {
        name: 'coalesce',
        async execute(request, next, context) {
          const part = whole.loaded ?? (await loadedInTime(whole, context, longestLoadMs));
          if (part === undefined) return next(request, context);
          loaded ??= part.coalescer();
          inner ??= loaded.for(parts);
          return inner.execute(request, next, context);
        },
      };
    },
  };
}

export const coalesceScope: typeof here.coalesceScope = (options, inside) => {
  let scope: SharingScope | undefined;
  return (request, context) => {
    scope ??= whole.loaded?.coalesceScope(options, inside);
    return scope?.(request, context);
  };
};
