import type { Clock, Strategy } from '@holdfast/core';
import type { CallSettings, Check, Emit, ErrorLinks, EventHub } from '@holdfast/core/internal';

/**
 * What features add to a client. A feature adds its members to these interfaces in its own file, so that no other file has
 * to name it.
 */

/** What each feature declares, by the feature's name. */
// biome-ignore lint/suspicious/noEmptyInterface: features fill it.
export interface Brings {}

/** Options of a single call; a client may set them for all of its calls. */
// biome-ignore lint/suspicious/noEmptyInterface: features fill it.
export interface FeatureCallOptions {}

/** What the client itself needs of a call's options; the rings get the call's settings. */
// biome-ignore lint/suspicious/noEmptyInterface: features fill it.
export interface ResolvedByFeatures {}

/** Options of a client, which the calls of the client share. */
// biome-ignore lint/suspicious/noEmptyInterface: features fill it.
export interface FeatureOptions {}

/** Members of `client.snapshot()`. */
// biome-ignore lint/suspicious/noEmptyInterface: features fill it.
export interface FeatureSnapshots {}

/** Members of a client. */
// biome-ignore lint/suspicious/noEmptyInterface: features fill it.
export interface FeatureMembers {}

/** The parts that the calls of a client share, by the option that each is made from. */
// biome-ignore lint/suspicious/noEmptyInterface: features fill it.
export interface SharedParts {}

export type FeatureName = keyof Brings;

/** The tools that the parts of a client need. */
export interface Tools {
  readonly clock: Clock;
  readonly random: () => number;
  readonly emit: Emit;
  /** The beginning of messages about options. */
  readonly where: string;
}

/** Creates a shared part from its option. */
export interface SharedPart {
  /** The value for an option that is not given; without it, an absent option makes no part. */
  readonly standard?: object;
  readonly create: (option: never, tools: Tools) => object;
}

/** A part that may have to release something when its client is closed. */
export interface Ending {
  close?(): void | Promise<void>;
}

/** A part that sees how each attempt ends and delays none. */
export interface Watcher extends Ending {
  readonly watches: Strategy;
}

/** Resolved options that are being made. */
type ResolvedDraft = Writable<ResolvedByFeatures> & { readonly settings: Writable<Partial<CallSettings>> };

/**
 * Puts the value of a call's option, or what a feature makes of it, into the call's resolved options.
 *
 * @param path How messages name the option.
 */
export type Resolve<Value> = (resolved: ResolvedDraft, value: Value, path: string) => void;

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

/** What the client takes from a feature without knowing the feature. */
export interface Declared {
  /** The checks of the options of a call that become settings of the call as they are given. */
  readonly settings?: { readonly [Name in keyof FeatureCallOptions & keyof CallSettings]?: Check };
  /** The checks of those options of a client that no shared part is created from. */
  readonly checks?: { readonly [Name in keyof FeatureOptions]?: Check };
  /** How all other options of a call are resolved. */
  readonly ofCall?: {
    readonly [Name in keyof FeatureCallOptions]?: Resolve<Exclude<FeatureCallOptions[Name], undefined>>;
  };
  /** How the parts that calls share are created, by option. */
  readonly shared?: Readonly<Record<string, SharedPart>>;
  /** Members of the client; they throw a clear error if the part that they need is switched off. */
  readonly members?: (parts: SharedParts, on: EventHub['on']) => object;
  /** Members of `snapshot()`. */
  readonly snapshot?: (parts: SharedParts) => Partial<FeatureSnapshots>;
  /** Links of the client for its errors. */
  readonly links?: ErrorLinks;
}

/** What a client without a feature knows of it: such a client says what is missing. */
export interface Absent {
  /** The names of its options of a call. */
  readonly ofCall?: readonly (keyof FeatureCallOptions)[];
  /** The names of its options of a client. */
  readonly options?: readonly (keyof FeatureOptions)[];
  /** @param missing Makes a member that says what is missing. */
  readonly members?: (missing: (member: string) => () => never) => object;
  readonly snapshot?: Partial<FeatureSnapshots>;
}

/** All known names of options, whatever features the client has. */
export interface OptionNames {
  /** Holdfast's own. */
  readonly own: ReadonlySet<string>;
  /** Options that a single call can't set. */
  readonly shared: ReadonlySet<string>;
  /** The names whose misspellings are reported: ours and ky's. */
  readonly resembled: readonly string[];
  /** All names: ours, ky's, fetch's. */
  readonly known: ReadonlySet<string>;
  /** The feature that each option belongs to; all other options belong to every client. */
  readonly featureOf: ReadonlyMap<string, FeatureName>;
}
