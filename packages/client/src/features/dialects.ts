import type { Dialect } from '@holdfast/core';
import { checkDialects } from '@holdfast/core/internal';
import type { Feature } from '../feature/feature.ts';

export type { Dialect };

declare module '../feature/declared.js' {
  interface Brings {
    readonly dialects: Declared;
  }

  interface FeatureCallOptions {
    /**
     * How this API reports errors, waits and quotas, where general rules cannot know it: `github()` and others of
     * `@holdfast/dialects`, or a {@link Dialect} of your own. In a list, the first dialect with a value counts.
     *
     * @defaultValue none: errors, waits and quotas are read by general rules
     */
    readonly dialect?: Dialect | readonly Dialect[] | undefined;
  }
}

/** `dialect`. */
export const dialects: Feature = {
  name: 'dialects',
  brings: {
    ofCall: {
      dialect({ settings }, given, path) {
        const list = checkDialects(given, path);
        settings.dialects = list.length > 0 ? list : undefined;
      },
    },
  },
};
