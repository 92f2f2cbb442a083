export type { ClientSnapshot, ResilientClient } from './client/client.ts';
export type { Feature } from './feature/feature.ts';
export * from './features.ts';
export type { CallOptions, ClientOptions } from './options/options.ts';
