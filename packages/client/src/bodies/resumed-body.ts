// Through core's entry for late parts, as `../coalescing/coalesce.ts` says.
export { withResumedBody } from '@holdfast/core/internal/late';
