import type { OnDemand } from '../../platform/on-demand.ts';
import { guides } from './guides.ts';
import type { StatusGuide } from './status-guide.ts';

/** The guides of single statuses: a server has them loaded. */
export const texts: OnDemand<Readonly<Record<number, StatusGuide>>> = {
  loaded: guides,
  load: () => Promise.resolve(guides),
  loadWhenIdle: () => undefined,
};
