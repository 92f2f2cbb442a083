import type { Check, ErrorLinks } from '@holdfast/core/internal';
import type {
  Absent,
  Brings,
  Declared,
  FeatureName,
  FeatureSnapshots,
  OptionNames,
  Resolve,
  SharedPart,
  SharedParts,
} from './declared.ts';

/** One part of a client, as a value for `createClient()` of `holdfast/parts`. What it brings is internal, and may change. */
export type Feature = {
  [Name in FeatureName]: { readonly name: Name; readonly brings: Brings[Name] };
}[FeatureName];

/** The features of one client, by name, and what they have in common. */
export type Features = { readonly [Name in FeatureName]?: Brings[Name] } & {
  readonly names: OptionNames;
  /** What clients without the features know of them. */
  readonly absent: readonly (readonly [FeatureName, Absent])[];
  /** The checks of options that are used as they are given. */
  readonly checks: ReadonlyMap<string, Check>;
  /** How each option of a call is resolved. */
  readonly ofCall: ReadonlyMap<string, Resolve<never>>;
  /** How each shared part is created, by its option. */
  readonly shared: readonly (readonly [option: string, SharedPart])[];
  readonly members: readonly NonNullable<Declared['members']>[];
  /** What the features show in `snapshot()`. */
  readonly snapshot: (parts: SharedParts) => FeatureSnapshots;
  readonly links: ErrorLinks;
};

/** All known names of options, whatever features a client has. */
export type KnownNames = Pick<Features, 'names' | 'absent'>;

/** @throws TypeError for a value that is not a list of features. */
export function featuresOf(list: readonly Feature[], known: KnownNames, where: string): Features {
  if (!Array.isArray(list) || !list.every((one: Partial<Feature> | null) => typeof one?.brings === 'object')) {
    throw new TypeError(`${where}: features must be a list such as [retries, deadlines] of 'holdfast/parts'`);
  }
  const features = list as readonly { readonly name: string; readonly brings: Declared }[];
  const settings = features.flatMap(({ brings }) => Object.entries(brings.settings ?? {}));
  return {
    ...Object.fromEntries(features.map(({ name, brings }) => [name, brings])),
    ...known,
    checks: new Map([...settings, ...features.flatMap(({ brings }) => Object.entries(brings.checks ?? {}))]),
    ofCall: new Map([
      ...settings.map(([name]) => [name, asSetting(name)] as const),
      ...features.flatMap(({ brings }) => Object.entries(brings.ofCall ?? {})),
    ]),
    shared: features.flatMap(({ brings }) => Object.entries(brings.shared ?? {})),
    members: features.flatMap(({ brings }) => brings.members ?? []),
    // What a feature shows replaces what is shown without it.
    snapshot: (parts) =>
      Object.assign(
        {},
        ...known.absent.map(([, { snapshot }]) => snapshot),
        ...features.map(({ brings }) => brings.snapshot?.(parts)),
      ),
    links: Object.assign({}, ...features.map(({ brings }) => brings.links)),
  };
}

function asSetting(name: string): Resolve<never> {
  return ({ settings }: { readonly settings: Record<string, unknown> }, value) => {
    settings[name] = value;
  };
}

/** @throws TypeError for an option whose feature the client does not have, since the option would have no effect. */
export function refuseMissing(options: object, features: Features, where: string): void {
  for (const [key, value] of Object.entries(options)) {
    const name = features.names.featureOf.get(key);
    if (name === undefined || features[name] !== undefined || value === undefined || value === false) continue;
    throw needsFeature(`${where}: ${key}`, name);
  }
}

/** The error for an option or a member whose feature the client does not have. */
export function needsFeature(subject: string, name: FeatureName): TypeError {
  return new TypeError(`${subject} needs the feature ${name}; add it to createClient([…, ${name}], options)`);
}
