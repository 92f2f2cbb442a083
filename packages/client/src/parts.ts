export type { ClientSnapshot, ResilientClient } from './client/client.ts';
export { createClient } from './client/create-client.ts';
export type { Feature } from './feature/feature.ts';
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
export type { CallOptions, ClientOptions } from './options/options.ts';
