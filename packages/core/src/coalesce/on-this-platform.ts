import { coalescer as create, coalesce as ring, coalesceScope as scope } from '#coalescer';
import type * as here from './coalesce.ts';

// Named here, since declarations that older resolution of modules reads must not name an import of the package's own.
export const coalesce: typeof here.coalesce = ring;
export const coalescer: typeof here.coalescer = create;
export const coalesceScope: typeof here.coalesceScope = scope;
