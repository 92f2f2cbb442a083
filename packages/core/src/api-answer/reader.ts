import type { OnDemand } from '../platform/on-demand.ts';
import * as whole from './read-api-answer.ts';

/** The reader of API answers: a server has it loaded. */
export const reader: OnDemand<typeof whole> = {
  loaded: whole,
  load: () => Promise.resolve(whole),
  loadWhenIdle: () => undefined,
};
