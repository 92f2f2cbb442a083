import type { Job } from './job.ts';
import { jest } from './jobs/jest.ts';
import { next } from './jobs/next.ts';
import { query } from './jobs/query.ts';
import { bun, deno, node } from './jobs/servers.ts';
import { typescript } from './jobs/typescript.ts';
import { workers } from './jobs/workers.ts';

/** In the order of the page. */
export const jobs: readonly Job[] = [node, bun, deno, workers, next, jest, query, typescript];
