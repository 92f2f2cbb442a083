import type { Job } from './job.ts';
import { next } from './jobs/next.ts';
import { workers } from './jobs/workers.ts';

/** In the order of the page. */
export const jobs: readonly Job[] = [next, workers];
