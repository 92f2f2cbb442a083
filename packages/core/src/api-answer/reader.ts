import type { OnDemand } from '../platform/on-demand.ts';
import * as whole from './read-api-answer.ts';

/** What reads the answers of APIs: a server has it at hand. */
export const reader: OnDemand<typeof whole> = {
  loaded: whole,
  load: () => Promise.resolve(whole),
  loadWhenIdle: () => undefined,
};
