import type { Feature } from '../feature/feature.ts';
import {
  type IdempotencyKeyOptions,
  type IdempotencyKeys,
  idempotencyKeysOf,
} from '../idempotency-keys/idempotency-keys.ts';

export type { IdempotencyKeyOptions };

declare module '../feature/declared.js' {
  interface Brings {
    readonly idempotencyKeys: Declared;
  }

  interface FeatureCallOptions {
    /** POST and PATCH get a key, the same on each attempt, and become replayable. @defaultValue false */
    readonly idempotencyKeys?: boolean | IdempotencyKeyOptions | undefined;
  }

  interface ResolvedByFeatures {
    readonly keys?: IdempotencyKeys | undefined;
  }
}

/** `idempotencyKeys`. */
export const idempotencyKeys: Feature = {
  name: 'idempotencyKeys',
  brings: {
    ofCall: {
      idempotencyKeys(resolved, given, path) {
        resolved.keys = idempotencyKeysOf(given, path);
        resolved.settings.idempotencyHeader = resolved.keys?.header;
      },
    },
  },
};
