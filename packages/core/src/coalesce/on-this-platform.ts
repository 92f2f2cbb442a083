import { coalescer as create, coalesce as ring, coalesceScope as scope } from '#coalescer';
import type * as here from './coalesce.ts';

// Re-exported here, since TypeScript's older module resolution cannot resolve the package's `imports` in its
// declarations.
export const coalesce: typeof here.coalesce = ring;
export const coalescer: typeof here.coalescer = create;
export const coalesceScope: typeof here.coalesceScope = scope;
