import { either, receiving, resuming, timeLimit } from '@holdfast/core/internal';
import { reading, resumption } from '#bodies';
import type { reading as Reading, resumption as Resumption } from '../bodies/late-parts.ts';
import type { Feature } from '../feature/feature.ts';

// The declarations name no `#` import: TypeScript's older resolution (`node10`) finds none.
declare module '../feature/declared.js' {
  interface Brings {
    readonly bodies: Declared & {
      readonly receiving: typeof receiving;
      readonly reading: typeof Reading;
      readonly resuming: typeof resuming;
      readonly resumption: typeof Resumption;
    };
  }

  interface FeatureCallOptions {
    /**
     * `'inAttempt'`: a body of up to 1 MiB is read within the attempt, so that a body that breaks off or stalls is
     * retried, and counted, like any other network failure. A larger body is streamed as usual. `'firstChunk'`: the
     * attempt lasts until the first bytes of the body, of whatever size and kind; a stream that dies before them is
     * retried.
     *
     * @defaultValue false
     */
    readonly readBody?: 'inAttempt' | 'firstChunk' | false | undefined;
    /**
     * The longest time without a byte of the body while a reader waits for one, in milliseconds; `false` for none. A slow
     * reader does not count as a stall. The body ends with `IDLE_TIMEOUT`.
     *
     * @defaultValue false; 300_000 for `events()` and `lines()`
     */
    readonly idleTimeout?: number | false | undefined;
    /**
     * A GET body that breaks is continued by `Range` and `If-Range` in the same stream, where the answer had a strong
     * `ETag` and no content coding, and the server proves by `Content-Range` that the bytes follow. Otherwise the caller
     * gets the error.
     *
     * @defaultValue false
     */
    readonly resumeBody?: boolean | undefined;
  }
}

/** `readBody`, `idleTimeout`, `resumeBody`. */
export const bodies: Feature = {
  name: 'bodies',
  brings: {
    settings: {
      readBody: either('inAttempt', 'firstChunk', false),
      idleTimeout: timeLimit(1),
      resumeBody: either(true, false),
    },
    receiving,
    reading,
    resuming,
    resumption,
  },
};
