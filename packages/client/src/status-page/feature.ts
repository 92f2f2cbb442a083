import type { EventOf } from '@holdfast/core/internal';
import type { SharedPart } from '../feature/declared.ts';
import type { Feature } from '../feature/feature.ts';
import type { StatusPageOptions, StatusReader } from './look-at-status-page.ts';
import type { StatusSnapshot } from './page-watch.ts';
import { createStatusPage, type StatusPage } from './status-page.ts';

export type { StatusPageOptions, StatusReader, StatusSnapshot };

declare module '../feature/declared.js' {
  interface Brings {
    readonly statusPage: Declared;
  }

  interface FeatureOptions {
    /**
     * The API's status page, read while calls fail: its incident is on the errors and in `snapshot()`.
     *
     * @defaultValue none
     */
    readonly statusPage?: StatusPageOptions | StatusReader | false | undefined;
  }

  interface FeatureSnapshots {
    /** Present if `statusPage` is set. */
    readonly statusPage?: StatusSnapshot;
  }

  interface FeatureMembers {
    /**
     * Listens to what the API's status page says; returns the function that stops it.
     *
     * @throws TypeError if `statusPage` is not set.
     */
    onStatus(listener: (event: EventOf<'status.changed'>) => void): () => void;
  }

  interface SharedParts {
    readonly statusPage?: StatusPage | undefined;
  }
}

/** `statusPage`, and `client.onStatus()`. */
export const statusPage: Feature = {
  name: 'statusPage',
  brings: {
    shared: { statusPage: { create: createStatusPage } satisfies SharedPart },
    members: (parts, on) => ({
      onStatus(listener: (event: EventOf<'status.changed'>) => void): () => void {
        if (parts.statusPage) return on('status.changed', listener);
        throw new TypeError('onStatus: this client has no statusPage; set the option statusPage');
      },
    }),
    snapshot: ({ statusPage: page }) => (page ? { statusPage: page.snapshot() } : {}),
    links: { incidentOption: 'statusPage' },
  },
};
