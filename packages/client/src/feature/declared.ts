import type { Clock, Strategy } from '@holdfast/core';
import type { Emit, ErrorLinks, EventHub } from '@holdfast/core/internal';

/**
 * What features add to a client. A feature adds its members to these interfaces in its own folder, so that no other file
 * has to name it.
 */

/** What each feature brings, by the feature's name. */
// biome-ignore lint/suspicious/noEmptyInterface: features fill it.
export interface Brings {}

/** Options of a client, which the calls of the client share. */
// biome-ignore lint/suspicious/noEmptyInterface: features fill it.
export interface FeatureOptions {}

/** Members of `client.snapshot()`. */
// biome-ignore lint/suspicious/noEmptyInterface: features fill it.
export interface FeatureSnapshots {}

/** Members of a client. */
// biome-ignore lint/suspicious/noEmptyInterface: features fill it.
export interface FeatureMembers {}

/** What the calls of a client share, by the option that it is made of. */
// biome-ignore lint/suspicious/noEmptyInterface: features fill it.
export interface SharedParts {}

export type FeatureName = keyof Brings;

/** What the parts of a client need to live. */
export interface Tools {
  readonly clock: Clock;
  readonly random: () => number;
  readonly emit: Emit;
  /** How messages about options begin. */
  readonly where: string;
}

/** How a shared part is made of its option. */
export interface SharedPart {
  /** Stands for an option that is not given; without it, there is no part then. */
  readonly standard?: object;
  readonly create: (option: never, tools: Tools) => object;
}

/** A part that may have something to end when its client is closed. */
export interface Ending {
  close?(): void | Promise<void>;
}

/** A part that sees how each attempt ends, delays none, and is shown in `snapshot()` under the name of its option. */
export interface Watcher extends Ending {
  readonly watches: Strategy;
  snapshot(): unknown;
}

/** What a feature may bring that the client puts in place without knowing the feature. */
export interface Declared {
  readonly shared?: Readonly<Record<string, SharedPart>>;
  /** Members of the client; they say so where the part that they need is switched off. */
  readonly members?: (parts: SharedParts, on: EventHub['on']) => object;
  /** What errors say about the client. */
  readonly links?: ErrorLinks;
}

/** The names of a feature that declares itself, for the messages of a client without it. */
export interface DeclaredNames {
  readonly options: readonly string[];
  readonly members: readonly string[];
}

/** Every name of an option that is known, whatever features the client has. */
export interface OptionNames {
  /** Holdfast's own. */
  readonly own: ReadonlySet<string>;
  /** Options of what calls share, so that a single call can't set them. */
  readonly shared: ReadonlySet<string>;
  /** Those for which a misspelling is reported: ours and ky's. */
  readonly resembled: readonly string[];
  /** All of them: ours, ky's, fetch's. */
  readonly known: ReadonlySet<string>;
  /** Whose options they are; all others belong to each client. */
  readonly featureOf: ReadonlyMap<string, FeatureName>;
}
