import type { Priority } from '../../src/waiting/waiting-line.ts';

/** A limit in a unit as its documentation describes it, without any of its code: every question is a walk through all calls. */
export class UnitsModel {
  readonly #amount: number;
  readonly #perMs: number;
  readonly #mostAtOnce: number;
  readonly calls: ModelCall[] = [];
  #places = 0;
  now = 0;

  constructor(amount: number, perMs: number, mostAtOnce: number = Number.POSITIVE_INFINITY) {
    this.#amount = amount;
    this.#perMs = perMs;
    this.#mostAtOnce = mostAtOnce;
  }

  begin(priority: Priority): ModelCall {
    const call: ModelCall = {
      priority,
      since: this.now,
      state: 'asking',
      cost: 0,
      place: 0,
      sentAt: undefined,
      end: undefined,
    };
    this.calls.push(call);
    return call;
  }

  /** The cost of a call is known, or its function has failed. */
  costs(call: ModelCall, cost: unknown): void {
    if (call.state !== 'asking') return;
    if (cost instanceof Error) this.#ends(call, cost.message);
    else if (typeof cost !== 'number' || !(cost >= 0) || cost === Number.POSITIVE_INFINITY)
      this.#ends(call, 'bad cost');
    else if (cost > this.#amount) this.#ends(call, 'COST_TOO_HIGH');
    else Object.assign(call, { cost, state: 'waiting', place: this.#places++ });
    this.#letGo();
  }

  /** What it has cost is known from now on; without a number the reservation stands. */
  settles(call: ModelCall, usage?: number): void {
    if (this.#counts(call)) call.cost = usage ?? call.cost;
    call.isReserved = false;
    this.#letGo();
  }

  /** Its permit is given back. */
  frees(call: ModelCall): void {
    call.holdsPermit = false;
    this.#letGo();
  }

  aborts(call: ModelCall): void {
    if (call.state === 'asking' || call.state === 'waiting') this.#ends(call, 'gone');
    this.#letGo();
  }

  /** Time passes: calls go in their order, as soon as there is room. */
  passes(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const next = Math.min(...this.calls.filter((call) => this.#counts(call)).map((call) => this.#endOf(call)));
      if (next > end) break;
      this.now = next;
      this.#letGo();
    }
    this.now = end;
  }

  get used(): number {
    return this.#sum(({ isReserved }) => isReserved !== true);
  }

  get reserved(): number {
    return this.#sum(({ isReserved }) => isReserved === true);
  }

  get waiting(): number {
    return this.calls.filter(({ state }) => state === 'waiting').length;
  }

  /** The most that the windows of all moments have granted, by what was known when each call was sent. */
  #sum(which: (call: ModelCall) => boolean): number {
    return this.calls.filter((call) => this.#counts(call) && which(call)).reduce((sum, { cost }) => sum + cost, 0);
  }

  #counts(call: ModelCall): boolean {
    return call.sentAt !== undefined && this.#endOf(call) > this.now;
  }

  #endOf({ sentAt = Number.POSITIVE_INFINITY }: ModelCall): number {
    return sentAt + this.#perMs;
  }

  #ends(call: ModelCall, end: string): void {
    Object.assign(call, { state: 'ended', end });
  }

  #letGo(): void {
    for (;;) {
      const line = this.calls.filter(({ state }) => state === 'waiting');
      const first = line.sort(
        (a, b) => ranks[a.priority] - ranks[b.priority] || a.since - b.since || a.place - b.place,
      )[0];
      if (first === undefined || !this.#fits(first)) return;
      Object.assign(first, { state: 'sent', sentAt: this.now, isReserved: true, holdsPermit: true });
    }
  }

  #fits({ cost }: ModelCall): boolean {
    const running = this.calls.filter(({ holdsPermit }) => holdsPermit === true).length;
    return running < this.#mostAtOnce && (cost === 0 || this.used + this.reserved + cost <= this.#amount);
  }
}

const ranks: Readonly<Record<Priority, number>> = { high: 0, auto: 1, low: 2 };

/** One call of the model. */
export interface ModelCall {
  readonly priority: Priority;
  readonly since: number;
  state: 'asking' | 'waiting' | 'sent' | 'ended';
  cost: number;
  /** Of calls that came at the same moment, the one whose cost was known first is first. */
  place: number;
  sentAt: number | undefined;
  end: string | undefined;
  isReserved?: boolean;
  holdsPermit?: boolean;
}
