// Through core's entry for late parts, as `../coalescing/coalesce.ts` says.
export { received } from '@holdfast/core/internal/late';
