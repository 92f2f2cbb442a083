import type { CallContext } from '@holdfast/core';
import { RecentMap, textOf, withinCall } from '@holdfast/core/internal/late';
import type { HeaderFields } from '../rules/policy.ts';
import { isOlder, type Moment, momentOf, type Stored } from './entry.ts';
import { resourceKey, variantKey } from './key.ts';
import { latest } from './latest.ts';
import type { ItemStore, Resource } from './store.ts';
import { withoutFragment } from './without-fragment.ts';

/** The state before an answer was asked for. */
export interface Found {
  readonly url: string;
  readonly resource: Resource | undefined;
  /** The key of the response, if it is known. */
  readonly variant: string | undefined;
  readonly stored: Stored | undefined;
}

/** A response to be stored. */
export interface Answer {
  readonly found: Found;
  readonly identity: string;
  readonly stored: Stored;
  /** Names of request headers, in lower case. */
  readonly vary: readonly string[];
  /** The headers of the request that it answers. */
  readonly headers: HeaderFields;
  readonly ttlMs: number;
  /** The result of {@link Variants.now} before the answer was asked for. */
  readonly since: number;
}

/** A response that varies by more headers than this is not stored. */
const mostVaryNames = 32;
/** A record outlives its responses, and a mark outlives the requests that were under way. */
const resourceMs = 86_400_000;

/**
 * The stored responses of each URL. One record per URL, for all its senders, names the headers that its responses vary
 * by; each response has a key of its own, which contains the record's id. So a change makes the responses of all
 * senders and variants invalid by replacing one record, in a shared store too, and no key has to be found in a list
 * that another process may have written.
 */
export class Variants {
  readonly #store: ItemStore;
  readonly #wallNow: () => number;
  /** The writes run one after the other, so that two responses of a URL do not overwrite each other's record. */
  readonly #putting = new Map<string, Promise<void>>();
  readonly #changes = latest();
  /** Answers that were not stored, by the key of the response that they replace. */
  readonly #superseded = new RecentMap<string, Moment>(mostSuperseded);

  constructor(store: ItemStore, wallNow: () => number) {
    this.#store = store;
    this.#wallNow = wallNow;
  }

  /** Counts the changes. */
  now(): number {
    return this.#changes.now();
  }

  /** @param identity The sender; if it is not known yet, no response is found. */
  async find(url: string, identity: string | undefined, headers: HeaderFields, context: CallContext): Promise<Found> {
    const before = this.#putting.get(withoutFragment(url));
    if (before) await withinCall(before, context);
    const resource = await this.#resourceOf(resourceKey(url), context);
    if (!resource || identity === undefined) return { url, resource, variant: undefined, stored: undefined };
    const variant = variantKey(url, resource, identity, headers);
    return { url, resource, variant, stored: (await this.#store.get(variant, context))?.stored };
  }

  /** Stores a response, unless a newer one is stored, or a change was made since it was requested. */
  put(answer: Answer): Promise<void> {
    const url = withoutFragment(answer.found.url);
    const before = this.#putting.get(url);
    const done = before ? before.then(() => this.#put(answer, url)) : this.#put(answer, url);
    this.#putting.set(url, done);
    return done.finally(() => {
      if (this.#putting.get(url) === done) this.#putting.delete(url);
    });
  }

  /**
   * Records that a newer answer, which is not stored, replaces the stored response: that is removed, and no older
   * answer is stored.
   */
  async supersede({ variant }: Found, by: Moment, context: CallContext): Promise<void> {
    if (variant === undefined) return;
    this.#superseded.set(variant, by);
    await this.#store.delete(variant, context);
  }

  /** Removes all responses of a URL, for all senders; an answer that is under way is not stored, either. */
  invalidate(url: string, context: CallContext): void | Promise<void> {
    this.#changes.note(withoutFragment(url));
    const mark = { id: textOf(new Unique()), vary: [], changed: true, until: this.#wallNow() + resourceMs };
    return this.#store.invalidate(resourceKey(url), mark, resourceMs, context);
  }

  async #put(answer: Answer, url: string): Promise<void> {
    const { found, identity, stored, headers, ttlMs, since } = answer;
    const changes = this.#changes;
    if (changes.hasChanged(url, since)) return;
    const key = resourceKey(url);
    const there = await this.#resourceOf(key);
    // Another process has made a change meanwhile.
    if (found.resource ? there && there.id !== found.resource.id : there?.changed) return;
    const resource = this.#resourceWith(there, answer);
    if (resource.vary.length > mostVaryNames) return;
    const variant = variantKey(url, resource, identity, headers);
    const current = (await this.#store.get(variant))?.stored;
    const moment = momentOf(stored.entry);
    const newest = [current && momentOf(current.entry), this.#superseded.peek(variant)];
    if (newest.some((one) => one && isOlder(moment, one)) || changes.hasChanged(url, since)) return;
    await this.#store.set(variant, { stored }, ttlMs);
    const isSame = there && resource.vary.length === there.vary.length && there.until >= this.#wallNow() + ttlMs;
    if (isSame || changes.hasChanged(url, since)) return;
    await this.#store.set(key, { resource }, resource.until - this.#wallNow());
  }

  /** The record of a URL when it also has this answer. */
  #resourceWith(there: Resource | undefined, { vary, ttlMs }: Answer): Resource {
    return {
      // An id that is unique, also among processes.
      id: there?.id ?? textOf(new Unique()),
      vary: [...new Set([...(there?.vary ?? []), ...vary])].sort(),
      changed: there?.changed ?? false,
      until: Math.max(there?.until ?? 0, this.#wallNow() + Math.max(ttlMs, resourceMs)),
    };
  }

  async #resourceOf(key: string, context?: CallContext): Promise<Resource | undefined> {
    return (await this.#store.get(key, context))?.resource;
  }
}

const mostSuperseded = 1000;

/** Makes a text that no other call of this function makes, in any process. */
class Unique {}
