// The code that shares requests. It comes through core's entry for late parts, since esbuild cuts the first load into one
// file for each set of late parts that use the same code: late parts that import this entry are one set.
export { coalescer, coalesceScope } from '@holdfast/core/internal/late';
