import { defineConfig } from 'vitest/config';

/** Packages resolve from their source, so a test never sees a stale build. */
const source = '@holdfast/source';

export default defineConfig({
  test: {
    projects: [
      {
        ssr: { resolve: { conditions: [source, 'module', 'node', 'development|production'] } },
        test: {
          name: 'node',
          include: ['packages/*/{src,test}/**/*.test.ts'],
          exclude: ['**/*.browser.test.ts', '**/node_modules/**'],
        },
      },
    ],
  },
});
