import type { ResilientClient } from '../client/client.ts';
import * as parts from '../features.ts';
import type { ClientOptions } from '../options/options.ts';

/**
 * Creates a resilient client.
 *
 * @param options ky's and fetch's own options under their own names, and Holdfast's.
 * @throws TypeError or RangeError for an option that is unknown but resembles a known one, of the wrong type, out of
 * range or contradictory; the message names path, value and remedy.
 * @example
 * ```ts
 * import { createResilientClient, accept } from 'holdfast';
 *
 * const api = createResilientClient({ baseUrl: 'https://api.example.com/v1/', policies: { 404: accept() } });
 * api.on('retry.scheduled', (event) => console.log(event.decision.reason));
 * ```
 */
export function createResilientClient(options: ClientOptions = {}): ResilientClient {
  const { createClient, ...features } = parts;
  return createClient(Object.values(features), options, 'createResilientClient');
}
