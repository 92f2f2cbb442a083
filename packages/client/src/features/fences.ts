import { boundShortcuts, fencedTransport, integer, orFalse, originFence, refuseOutside } from '@holdfast/core/internal';
import type { Feature } from '../feature/feature.ts';

declare module '../feature/declared.js' {
  interface Brings {
    readonly fences: Declared & {
      readonly fencedTransport: typeof fencedTransport;
      readonly refuseOutside: typeof refuseOutside;
      readonly boundShortcuts: typeof boundShortcuts;
    };
  }

  interface FeatureCallOptions {
    /**
     * The origins to which requests may go. A request to any other origin, or with a scheme that is not http(s), is
     * refused before it is sent (`DISALLOWED_ORIGIN`), whether a call, a hook, a strategy or a redirect leads there. An
     * entry with a path, such as `https://api.example.com/v1/`, allows only URLs below that path.
     *
     * @defaultValue anywhere
     */
    readonly allowedOrigins?: readonly string[] | undefined;
    /**
     * The most bytes that `.json()`, `.text()` and the other body shortcuts read, after decoding. A longer body is
     * cancelled, and the call fails (`RESPONSE_TOO_LARGE`); it is not retried. It applies neither to the bodies of error
     * statuses, of which at most 64 KiB are read, nor to a response that the caller reads. Of `events()` and `lines()` it
     * bounds each event and each line, in characters, and not the stream.
     *
     * @defaultValue false, which is no limit; 16 Mi characters for an event, and 64 Mi for a line
     */
    readonly maxResponseBytes?: number | false | undefined;
  }
}

/** `allowedOrigins` and `maxResponseBytes`. */
export const fences: Feature = {
  name: 'fences',
  brings: {
    settings: { maxResponseBytes: orFalse(integer(0)) },
    ofCall: {
      allowedOrigins({ settings }, given, path) {
        settings.fence = originFence(given, path);
      },
    },
    fencedTransport,
    refuseOutside,
    boundShortcuts,
  },
};
