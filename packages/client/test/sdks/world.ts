import { type ClientOptions, createResilientClient, type ResilientClient, type ResilientFetch, retry } from 'holdfast';
import { onTestFinished } from 'vitest';
import { type FlakyService, flakyService } from './flaky-service.ts';
import type { Face, Sdk } from './sdk.ts';

export interface World {
  readonly service: FlakyService;
  readonly face: Face;
}

/** An SDK on the platform's own fetch. */
export async function onPlatform(sdk: Sdk): Promise<World> {
  const service = await flakyService(sdk.api);
  return connected(sdk, service, (input, init) => fetch(input, init as RequestInit));
}

/** An SDK on a client's fetch, with random waits set to zero. */
export async function onClient(
  sdk: Sdk,
  options: ClientOptions | ((origin: string) => ClientOptions) = {},
): Promise<World & { readonly api: ResilientClient }> {
  const service = await flakyService(sdk.api);
  const given = typeof options === 'function' ? options(service.origin) : options;
  const api = createResilientClient({ random: () => 0, ...given });
  onTestFinished(() => api.close());
  return { ...(await connected(sdk, service, api.fetch)), api };
}

async function connected(sdk: Sdk, service: FlakyService, fetch: ResilientFetch): Promise<World> {
  const face = await sdk.connect(service.origin, fetch);
  onTestFinished(() => face.close?.());
  return { service, face };
}

/** A Request from an SDK is read once, and kept only if a policy may need it again. */
export function keepingRequests({ sendsRequests }: Sdk): ClientOptions {
  return sendsRequests ? { policies: { 429: retry({ methods: 'any' }) } } : {};
}
