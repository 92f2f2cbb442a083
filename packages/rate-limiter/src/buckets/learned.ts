/** How many routes with a known bucket are kept; beyond that the least recently used is removed. */
const mostRoutes = 10_000;

/** Which buckets a route counts in: a server names them in its answers, and the next request is held back by their pauses. */
export class LearnedBuckets {
  readonly #byRoute = new Map<string, readonly string[]>();

  of(owner: string, senderId: string, path: string): readonly string[] {
    return this.#byRoute.get(routeKey(owner, senderId, path)) ?? none;
  }

  learn(owner: string, senderId: string, path: string, names: readonly string[]): void {
    const key = routeKey(owner, senderId, path);
    this.#byRoute.delete(key);
    this.#byRoute.set(key, names);
    if (this.#byRoute.size <= mostRoutes) return;
    for (const oldest of this.#byRoute.keys()) {
      this.#byRoute.delete(oldest);
      return;
    }
  }
}

const none: readonly string[] = [];

function routeKey(owner: string, senderId: string, path: string): string {
  return `${owner}\n${senderId}\n${path}`;
}
