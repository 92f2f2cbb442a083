/**
 * Each call has a signal of its own, and so has each attempt, one linked to the other: that is how an abort finds its
 * way inwards. For the platform, such a link is an event listener, which costs several times as much as the rest.
 * Between our own signals, it is a field.
 */
export interface Follower {
  /** Called when the signal has aborted. */
  handleEvent(): void;
}

const sourceOf: unique symbol = Symbol('holdfast.abortSource');

/** Aborts a signal of ours, like an `AbortController`; followers of the signal are called after its listeners. */
export class AbortSource {
  readonly #controller = new AbortController();
  #follower: Follower | undefined;
  #further: Follower[] | undefined;

  get signal(): AbortSignal {
    const signal: AbortSignal & { [sourceOf]?: AbortSource } = this.#controller.signal;
    signal[sourceOf] ??= this;
    return signal;
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
    this.#callFollowers();
  }

  /**
   * The followers are called one after the other, so that one that leaves meanwhile is not called; one that throws does
   * not stop the others.
   */
  #callFollowers(): void {
    const first = this.#follower ?? this.#further?.[0];
    if (!first) return;
    this.unfollow(first);
    try {
      first.handleEvent();
    } finally {
      this.#callFollowers();
    }
  }

  follow(follower: Follower): void {
    if (this.#further) this.#further = [...this.#further, follower];
    else if (this.#follower) this.#further = [follower];
    else this.#follower = follower;
  }

  unfollow(follower: Follower): void {
    if (this.#follower === follower) this.#follower = undefined;
    else if (this.#further) {
      const left = this.#further.filter((one) => one !== follower);
      this.#further = left.length > 0 ? left : undefined;
    }
  }
}

/** Calls the follower once, when the signal aborts; it must not have aborted yet. */
export function follow(signal: AbortSignal, follower: Follower): void {
  const source = (signal as { [sourceOf]?: AbortSource })[sourceOf];
  if (source) source.follow(follower);
  else signal.addEventListener('abort', follower, onceOnly);
}

export function unfollow(signal: AbortSignal, follower: Follower): void {
  const source = (signal as { [sourceOf]?: AbortSource })[sourceOf];
  if (source) source.unfollow(follower);
  else signal.removeEventListener('abort', follower);
}

const onceOnly = { once: true } as const;
