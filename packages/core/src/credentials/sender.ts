import { RecentMap } from '../platform/recent-map.ts';

/**
 * The sender of requests: one object for one account, as far as the client can tell accounts apart. Two requests with
 * the same sender may share an answer, a quota and a pause; two with different senders may not.
 *
 * Printed, logged or serialised, it shows a number. The account's name and the secret stay inside.
 */
export class Sender {
  /** Unique within the process, and no secret: `sender 3`. */
  readonly id: string;
  readonly #text: string;

  constructor(text: string, id = `sender ${++lastNumber}`) {
    this.id = id;
    this.#text = text;
  }

  /**
   * The account's name, or the header's value where the account has no name. It means the same in other processes. It
   * must be hashed, and never shown.
   */
  reveal(): string {
    return this.#text;
  }

  /** Is it an account that has a name? That means something only within its `auth` object. */
  get isNamed(): boolean {
    return this.#text.startsWith('account ');
  }

  /** The header's value, where the account has no name: a secret. */
  revealValue(): string | undefined {
    return this.#text.startsWith('value ') ? this.#text.slice('value '.length) : undefined;
  }

  toString(): string {
    return this.id;
  }

  toJSON(): string {
    return this.id;
  }
}

let lastNumber = 0;

/** The sender of requests on which the client puts no credentials of its own. */
export const noSender: Sender = new Sender('', 'no sender');

/** One sender for each text. Their number is bounded: the one that was unused for longest is removed first. */
export class Senders {
  readonly #byText = new RecentMap<string, Sender>();
  #last: Sender | undefined;

  of(text: string): Sender {
    if (this.#last?.reveal() === text) return this.#last;
    const known = this.#byText.get(text);
    const sender = known ?? new Sender(text);
    if (!known) this.#byText.set(text, sender);
    this.#last = sender;
    return sender;
  }
}
