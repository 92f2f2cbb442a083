import { AbortSource, type Follower, follow, unfollow } from './abort-source.ts';

/** A part of some longer work: it aborts with the whole until it is left, and then the whole keeps nothing of it. */
export class AbortPart extends AbortSource implements Follower {
  readonly #whole: AbortSignal;

  constructor(whole: AbortSignal) {
    super();
    this.#whole = whole;
    if (whole.aborted) this.handleEvent();
    else follow(whole, this);
  }

  handleEvent(): void {
    this.abort(this.#whole.reason);
  }

  leave(): void {
    unfollow(this.#whole, this);
  }
}
