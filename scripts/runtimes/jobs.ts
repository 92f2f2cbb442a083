import type { Job } from './job.ts';
import { electron } from './jobs/electron.ts';
import { jest } from './jobs/jest.ts';
import { next, next15 } from './jobs/next.ts';
import { query } from './jobs/query.ts';
import { reactNative } from './jobs/react-native.ts';
import { bun, deno, node } from './jobs/servers.ts';
import { typescript } from './jobs/typescript.ts';
import { vitest3, vitest4 } from './jobs/vitest.ts';
import { workers } from './jobs/workers.ts';

/** All jobs, in the order of the page. */
export const jobs: readonly Job[] = [
  node,
  bun,
  deno,
  workers,
  electron,
  reactNative,
  next,
  next15,
  jest,
  vitest3,
  vitest4,
  query,
  typescript,
];
