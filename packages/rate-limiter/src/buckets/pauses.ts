import type { CallContext, Clock } from '@holdfast/core';
import { spreadServerTime } from '@holdfast/core/internal/late';
import type { QueueLimits } from '../waiting/queue-limits.ts';
import { PauseGate } from './pause-gate.ts';
import { type Scope, scopeKey, scopeText } from './scope.ts';

/** The call whose answer asked for a pause. */
export interface PausedBy {
  readonly context: CallContext;
  readonly status: number;
}

/** A pause that a server asks for. */
export interface AskedPause {
  readonly scope: Scope;
  readonly ms: number;
  /** The header that asked for the pause, or `quota`. */
  readonly source: string;
  /** Was a request refused? */
  readonly isRefusal: boolean;
}

/** The inputs of the table. */
export interface PausesParts {
  readonly clock: Clock;
  readonly random: () => number;
  limitsOf(scope: Scope, queued: () => number): QueueLimits;
  /** @param by The call whose answer asked for the pause; none if another process got the answer. */
  began(gate: PauseGate, source: string, by: PausedBy | undefined): void;
  resumed(gate: PauseGate): void;
  /** Makes the text that other processes use for a scope; absent if nothing is shared, or not yet. */
  digest(text: string): string | undefined;
}

/** How many pauses of this process are kept; if there are more, those that end soonest are removed. */
const mostPauses = 10_000;
/**
 * How many pauses from other processes are kept. They may be forged, so they never remove a pause that this process has
 * seen itself.
 */
const mostOfFleet = 1_000;
const sweepMs = 10_000;
/** The owner of pauses from other processes: no key is empty. */
const ofFleet = '';

/** The pauses of one client: each a gate of its own scope. */
export class Pauses {
  readonly #parts: PausesParts;
  readonly #byOwner = new Map<string, Map<string, PauseGate>>();
  #size = 0;
  #sweepAt = 0;

  constructor(parts: PausesParts) {
    this.#parts = parts;
  }

  /** May any pause concern this owner's requests? */
  has(owner: string): boolean {
    return this.#byOwner.size > 0 && (this.#byOwner.has(owner) || this.#byOwner.has(ofFleet));
  }

  /** Do some of this owner's pauses concern only requests of one sender? */
  needsSender(owner: string): boolean {
    if (this.#byOwner.has(ofFleet)) return true;
    for (const { scope } of this.#byOwner.get(owner)?.values() ?? []) if (scope.sender) return true;
    return false;
  }

  /** The existing gates of these scopes. Pauses that are over are forgotten. */
  gatesOf(scopes: readonly Scope[]): readonly PauseGate[] {
    this.#sweep();
    return scopes.flatMap((scope) => {
      const own = this.#find(scope.owner, scopeKey(scope));
      const digest = this.#byOwner.has(ofFleet) ? this.#parts.digest(scopeText(scope)) : undefined;
      const other = digest === undefined ? undefined : this.#find(ofFleet, digest);
      return [...(own ? [own] : []), ...(other ? [other] : [])];
    });
  }

  #find(owner: string, key: string): PauseGate | undefined {
    const gate = this.#byOwner.get(owner)?.get(key);
    if (!gate?.isOver) return gate;
    this.#remove(owner, key);
    return undefined;
  }

  /**
   * While a pause is listed, every call of its owner has to look for one; so a pause whose end no call has seen is
   * removed.
   */
  #sweep(): void {
    const now = this.#parts.clock.now();
    if (now < this.#sweepAt) return;
    this.#sweepAt = now + sweepMs;
    for (const [owner, gates] of this.#byOwner) {
      for (const [key, gate] of gates) if (gate.isOver) this.#remove(owner, key);
    }
  }

  *ofOwner(owner: string): Iterable<PauseGate> {
    yield* this.#byOwner.get(owner)?.values() ?? [];
  }

  all(): readonly PauseGate[] {
    return [...this.#byOwner.values()].flatMap((gates) => [...gates.values()]);
  }

  /** How many calls wait at the gates of this owner. */
  queuedAt(owner: string): number {
    let count = 0;
    for (const { queue } of this.ofOwner(owner)) count += queue.length;
    return count;
  }

  begin({ scope, ms, source, isRefusal }: AskedPause, by: PausedBy): void {
    const gate = this.#gate(scope.owner, scopeKey(scope), scope);
    gate.isRefused ||= isRefusal;
    this.#extend(gate, ms, source, by);
  }

  /** Another process got the answer. @param shown Which requests it concerns, for people to read. */
  beginForFleet(digest: string, shown: Scope, ms: number, source: string): void {
    this.#extend(this.#gate(ofFleet, digest, shown), ms, source, undefined);
    const gates = this.#byOwner.get(ofFleet);
    if (gates && gates.size > mostOfFleet) this.#dropShortest([[ofFleet, gates]], () => gates.size > mostOfFleet);
  }

  #extend(gate: PauseGate, ms: number, source: string, by: PausedBy | undefined): void {
    const spreadMs = spreadServerTime(ms, this.#parts.random()) - ms;
    if (!gate.extend(ms, spreadMs, source)) return;
    this.#parts.began(gate, source, by);
    if (this.#ownSize > mostPauses) this.#dropShortest(this.#ofThisProcess(), () => this.#ownSize > mostPauses);
  }

  get #ownSize(): number {
    return this.#size - (this.#byOwner.get(ofFleet)?.size ?? 0);
  }

  *#ofThisProcess(): Iterable<[string, Map<string, PauseGate>]> {
    for (const entry of this.#byOwner) if (entry[0] !== ofFleet) yield entry;
  }

  #gate(owner: string, key: string, scope: Scope): PauseGate {
    let gates = this.#byOwner.get(owner);
    if (!gates) {
      gates = new Map();
      this.#byOwner.set(owner, gates);
    }
    const known = gates.get(key);
    if (known) return known;
    const { clock, limitsOf, resumed } = this.#parts;
    const limits = limitsOf(scope, () => gate.queue.length);
    const gate: PauseGate = new PauseGate(scope, { clock, limits, resumed });
    gates.set(key, gate);
    this.#size++;
    return gate;
  }

  #dropShortest(among: Iterable<[string, Map<string, PauseGate>]>, isTooMany: () => boolean): void {
    let found: { owner: string; key: string; gate: PauseGate } | undefined;
    for (const [owner, gates] of among) {
      for (const [key, gate] of gates) {
        if (gate.isOver) this.#remove(owner, key);
        else if (!found || gate.pausedMs < found.gate.pausedMs) found = { owner, key, gate };
      }
    }
    if (!found || !isTooMany()) return;
    this.#remove(found.owner, found.key);
    found.gate.open();
  }

  #remove(owner: string, key: string): void {
    const gates = this.#byOwner.get(owner);
    if (!gates?.delete(key)) return;
    this.#size--;
    if (gates.size === 0) this.#byOwner.delete(owner);
  }

  close(): void {
    for (const gate of this.all()) gate.close();
    this.#byOwner.clear();
    this.#size = 0;
  }
}
