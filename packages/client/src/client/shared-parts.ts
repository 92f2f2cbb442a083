import type { Coalescer, Strategy } from '@holdfast/core/internal';
import type { Ending, SharedParts, Tools, Watcher } from '../feature/declared.ts';
import type { Features } from '../feature/feature.ts';
import type { OwnKey } from '../options/known-names.ts';
import type { ClientOptions } from '../options/options.ts';

/** The parts that all calls of a client share, and that are handed down to the clients that are made from it. */
export interface ClientParts extends SharedParts {
  /** Learns of every request that may change something, from each client of the family. */
  readonly coalescer: Coalescer | undefined;
}

/** A client's own options and parts, for the clients that are made from it. */
export interface PartsOfParent {
  readonly own: Pick<ClientOptions, OwnKey>;
  readonly parts: ClientParts;
}

/** Creates again what an option changes; everything else is the parent's. */
export function sharedParts(
  features: Features,
  own: Readonly<Record<string, unknown>>,
  parent: PartsOfParent | undefined,
  tools: Tools,
): ClientParts {
  const parts: Record<string, unknown> = { coalescer: parent?.parts.coalescer ?? features.coalescing?.coalescer() };
  const inherited: Readonly<Record<string, unknown>> = { ...parent?.parts };
  const inheritedOptions: Readonly<Record<string, unknown>> = { ...parent?.own };
  for (const [key, { standard, create }] of features.shared) {
    const given = own[key];
    // A function given to `extend()` may return its parent's options: the same value is no change.
    if (parent && (given === undefined || given === inheritedOptions[key])) {
      parts[key] = inherited[key];
      continue;
    }
    const option = given === undefined ? standard : given;
    if (option !== undefined && option !== false)
      parts[key] = create(option as never, { ...tools, where: `${tools.where}: ${key}` });
  }
  return parts as unknown as ClientParts;
}

/** The rings of the parts that see each attempt. */
export function watchersIn(parts: ClientParts): readonly Strategy[] {
  return Object.values(parts).flatMap((part: Partial<Watcher> | undefined) => part?.watches ?? []);
}

/** Closes the parts that were made for this client alone. */
export async function closeParts(parts: ClientParts, inherited: ClientParts | undefined): Promise<void> {
  const others = new Set<unknown>(Object.values({ ...inherited }));
  const own = Object.values(parts).filter((part: Ending | undefined) => part && !others.has(part)) as readonly Ending[];
  await Promise.all(own.map((part) => part.close?.()));
}
