// The code that shares requests. It comes through core's entry for late parts: by esbuild, late parts that take different
// files of core's first load cut it into as many files.
export { coalescer, coalesceScope } from '@holdfast/core/internal/late';
