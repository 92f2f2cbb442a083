export type { ClientSnapshot, ResilientClient } from './client.ts';
export { createClient } from './create-client.ts';
export type { Feature } from './feature.ts';
export {
  bodies,
  circuits,
  coalescing,
  credentials,
  deadlines,
  dialects,
  explaining,
  fallbacks,
  fences,
  idempotencyKeys,
  limits,
  optionNames,
  requestSchemas,
  responseCache,
  retries,
  statusPage,
  streams,
} from './features.ts';
export type { CallOptions, ClientOptions } from './options.ts';
