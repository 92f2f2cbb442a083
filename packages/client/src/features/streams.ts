import { opening, timeLimit } from '@holdfast/core/internal';
import type { Feature } from '../feature/feature.ts';
import { clientStreams } from '../streams/client-streams.ts';
import { firstEventJudge } from '../streams/first-event-on-demand.ts';

declare module '../feature/declared.js' {
  interface Brings {
    readonly streams: Declared & {
      readonly clientStreams: typeof clientStreams;
      readonly opening: typeof opening;
      readonly firstEventJudge: typeof firstEventJudge;
    };
  }
}

/** `client.events()` and `client.lines()`; an `idleTimeout` of your own needs {@link bodies}, and `false` does not. */
export const streams: Feature = {
  name: 'streams',
  brings: { settings: { idleTimeout: timeLimit(1) }, clientStreams, opening, firstEventJudge },
};
