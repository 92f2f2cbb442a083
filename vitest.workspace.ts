import { globSync } from 'node:fs';
import { playwright } from '@vitest/browser-playwright';
import { msw } from 'msw/vite';
import { defineConfig } from 'vitest/config';
import { namesDate } from './scripts/lib/dated-tests.ts';
import { findChromium } from './scripts/lib/machine.ts';

/** Packages resolve from their source, so a test never sees a stale build. */
const source = '@holdfast/source';

const node = {
  ssr: { resolve: { conditions: [source, 'module', 'node', 'development|production'] } },
  test: {
    name: 'node',
    include: ['{packages,examples}/*/**/*.test.ts', '{benchmarks,test/heap}/**/*.test.ts'],
    exclude: ['**/*.browser.test.ts', '**/*.redis.test.ts', '**/*.long.test.ts', '**/node_modules/**'],
    // One worker for many files: loading the packages again for each file takes three times as long as all of its
    // tests. So a test puts back each global that it replaces.
    isolate: false,
    // No test is timed: these only end one that hangs, also where the machine has much else to do.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
  },
};

/** Those of them that mean something else in another time zone. */
const dated = {
  ...node,
  test: {
    ...node.test,
    name: 'dated',
    include: globSync(node.test.include, { exclude: ['**/node_modules/**'] }).filter(namesDate),
  },
};

/** Minutes of computing, mostly in virtual time; and ten times as many random cases of each property. */
const long = {
  ...node,
  test: {
    ...node.test,
    name: 'long',
    include: ['{packages,benchmarks,test/sdk-streams}/**/*.long.test.ts', 'packages/*/src/**/*-properties.test.ts'],
    env: { PROPERTY_RUNS: '4000' },
    exclude: ['**/node_modules/**'],
  },
};

/** Needs `redis-server`; each test starts one of its own. */
const redis = {
  ...node,
  test: {
    ...node.test,
    name: 'redis',
    isolate: true,
    include: ['packages/*/{src,test}/**/*.redis.test.ts'],
    exclude: ['**/*.long.redis.test.ts'],
  },
};

/** Limits of real time that several processes share: they need a machine that is not starved. */
const redisLong = {
  ...redis,
  test: {
    ...redis.test,
    name: 'redis-long',
    include: ['packages/*/test/**/*.long.redis.test.ts'],
    exclude: [],
  },
};

/** Faults on real sockets, with real limits of time. */
const hostile = { ...node, test: { name: 'hostile', include: ['test/hostile-network/*.test.ts'] } };

const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];

const chromium = findChromium();

/** It is a project everywhere, so that no check finds something else where no Chromium is installed yet. */
const browser = {
  plugins: [msw({ mode: 'worker-only' })],
  resolve: { conditions: [source, 'module', 'browser', 'development|production'] },
  // Every dependency by name: one that is found only during the run makes the page reload in the middle of a test.
  optimizeDeps: {
    include: [
      '@noble/hashes/sha2.js',
      '@noble/hashes/utils.js',
      'bottleneck/light.js',
      'http-cache-semantics',
      'ky',
      'msw',
      'msw/browser',
      'opossum/dist/opossum.min.js',
      'p-retry',
      'structured-headers',
    ],
  },
  test: {
    name: 'browser',
    globalSetup: ['packages/client/test/support/api-for-pages.ts', 'packages/client/test/support/bundle-for-pages.ts'],
    include: ['packages/*/{src,test}/**/*.browser.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      instances: [{ browser: 'chromium' as const }],
      provider: playwright({
        launchOptions: {
          // Without this, Playwright looks for a browser of its own.
          ...(chromium !== undefined && { executablePath: chromium }),
          args: ['--no-sandbox', '--disable-gpu', '--disable-quic', ...quiet],
        },
      }),
    },
  },
};

export default defineConfig({
  test: {
    projects: [node, dated, long, redis, redisLong, hostile, browser],
  },
});
