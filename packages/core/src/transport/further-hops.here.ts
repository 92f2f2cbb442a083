import type { OnDemand } from '../platform/on-demand.ts';
import * as whole from './further-hops.ts';

/** The code that follows redirects: a server has it loaded. */
export const furtherHops: OnDemand<typeof whole> = {
  loaded: whole,
  load: () => Promise.resolve(whole),
  loadWhenIdle: () => undefined,
};
