import type { CircuitBreaker } from '@holdfast/circuit-breaker';
import type { FeatureName } from '../feature/declared.ts';
import { type Features, needsFeature } from '../feature/feature.ts';
import type { ClientStreams } from '../streams/client-streams.ts';

/** Stands for a member of the client whose feature it does not have. */
export function missing(member: string, name: FeatureName): () => never {
  return () => {
    throw needsFeature(`${member}:`, name);
  };
}

/** The members of features that the client does not have. */
export function missingMembers(features: Features): object {
  const names = features.declared.filter(([feature]) => features[feature] === undefined);
  return Object.fromEntries(
    names.flatMap(([feature, { members }]) => members.map((member) => [member, missing(member, feature)])),
  );
}

/** A client without the feature that reads streams. */
export const noStreams: ClientStreams = { events: missing('events', 'streams'), lines: missing('lines', 'streams') };

/** If the breaker is off, or is not a feature of the client, there is no circuit to open by hand. */
export function noCircuits({ circuits }: Features): CircuitBreaker['circuits'] {
  const isOff = (): never => {
    throw new TypeError('circuits.open: this client has circuitBreaker: false');
  };
  return {
    open: circuits ? isOff : missing('circuits.open', 'circuits'),
    close: () => undefined,
    reset: () => undefined,
  };
}
