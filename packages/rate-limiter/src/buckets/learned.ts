import { RecentMap } from '@holdfast/core/internal/late';

/** How many routes with a known bucket are kept; if there are more, the least recently used one is removed. */
const mostRoutes = 10_000;

/**
 * The buckets that count a route: a server names them in its answers, and the next request of the route waits for their
 * pauses.
 */
export class LearnedBuckets {
  readonly #byRoute = new RecentMap<string, readonly string[]>(mostRoutes);

  of(owner: string, senderId: string, path: string): readonly string[] {
    return this.#byRoute.get(routeKey(owner, senderId, path)) ?? none;
  }

  learn(owner: string, senderId: string, path: string, names: readonly string[]): void {
    this.#byRoute.set(routeKey(owner, senderId, path), names);
  }
}

const none: readonly string[] = [];

function routeKey(owner: string, senderId: string, path: string): string {
  return `${owner}\n${senderId}\n${path}`;
}
