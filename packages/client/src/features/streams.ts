import { opening } from '@holdfast/core/internal';
import type { Feature } from '../feature/feature.ts';
import { clientStreams } from '../streams/client-streams.ts';
import { firstEventJudge } from '../streams/first-event-on-demand.ts';

declare module '../feature/declared.js' {
  interface Brings {
    readonly streams: {
      readonly clientStreams: typeof clientStreams;
      readonly opening: typeof opening;
      readonly firstEventJudge: typeof firstEventJudge;
    };
  }
}

/** `client.events()` and `client.lines()`; their `idleTimeout` needs {@link bodies}. */
export const streams: Feature = {
  name: 'streams',
  brings: { clientStreams, opening, firstEventJudge },
};
