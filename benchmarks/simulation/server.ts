import type { Timer } from '@holdfast/core/internal';
import type { EventQueue } from './event-queue.ts';

/** What comes back over the wire. */
export interface Answer {
  readonly status: number;
  readonly retryAfterMs?: number;
}

export interface ServerOptions {
  /** How many requests are worked on at once. */
  readonly workers: number;
  /** How long one takes, alone and at full speed, in milliseconds. */
  readonly serviceMs: () => number;
  /** How many requests wait for a worker; further ones are refused at once with a bare 503. */
  readonly queue: number;
  /** Does it notice that a client has left, and spare itself the work? Most don't. */
  readonly noticesLeavers?: boolean;
}

/** What stands before the server. */
export interface Door {
  /** What becomes of a request before it costs anything: nothing, a refusal, or it is never heard of again. */
  meets(client: number): Answer | 'lost' | undefined;
  /** Is no request served, as far as an observer with full knowledge can tell? */
  isShut?(client: number): boolean;
}

export const open: Door = { meets: () => undefined };

interface Job {
  readonly answer: (answer: Answer) => void;
  /** What is left of it, in milliseconds at full speed. */
  left: number;
  isWaitedFor: boolean;
  startedAt: number;
  timer: Timer;
}

/** How long a refusal takes, in milliseconds. */
const refusalMs = 2;

/**
 * A typical server: a fixed number of workers, a queue before them that is served in order, and no way to know that the
 * client behind a request has given up. So every request is worked on, even in vain: that is how retries keep a server
 * down.
 */
export class Server {
  readonly #clock: EventQueue;
  readonly #options: ServerOptions;
  readonly #queue: Job[] = [];
  readonly #working = new Set<Job>();
  #speed = 1;
  #door: Door = open;
  /** The status of what was worked on. */
  outcome: () => number = () => 200;
  /** Requests that arrived; what became of them. */
  readonly counts = { received: 0, lost: 0, refused: 0, answered: 0, inVain: 0, spared: 0 };
  /** Work that was done, in milliseconds at full speed; work for callers that had left. */
  readonly work = { done: 0, wasted: 0 };

  constructor(clock: EventQueue, options: ServerOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  get workers(): number {
    return this.#options.workers;
  }

  get speed(): number {
    return this.#speed;
  }

  /** 0: all work stands still. */
  set speed(speed: number) {
    for (const job of this.#working) this.#pause(job);
    this.#speed = speed;
    for (const job of this.#working) this.#resume(job);
  }

  set door(door: Door) {
    this.#door = door;
  }

  /** Is it of no use to send, just now? */
  isShut(client: number): boolean {
    return this.#speed === 0 || (this.#door.isShut?.(client) ?? false);
  }

  /** In the queue and at work. */
  get held(): number {
    return this.#queue.length + this.#working.size;
  }

  /** Counts the work from now on. */
  forgetWork(): void {
    Object.assign(this.work, { done: 0, wasted: 0 });
  }

  /** A request arrives. Gives what its client does when it leaves. */
  receive(client: number, answer: (answer: Answer) => void): () => void {
    this.counts.received++;
    const atDoor = this.#door.meets(client);
    if (atDoor === 'lost') {
      this.counts.lost++;
      return () => undefined;
    }
    const isFull = this.#queue.length >= this.#options.queue && this.#working.size >= this.workers;
    if (atDoor || isFull) {
      this.counts.refused++;
      const timer = this.#clock.setTimer(() => answer(atDoor ?? { status: 503 }), refusalMs);
      return () => this.#clock.clearTimer(timer);
    }
    const job: Job = { answer, left: this.#options.serviceMs(), isWaitedFor: true, startedAt: 0, timer: undefined };
    this.#queue.push(job);
    this.#next();
    return () => {
      job.isWaitedFor = false;
      if (this.#options.noticesLeavers) this.#spare(job);
    };
  }

  #next(): void {
    while (this.#working.size < this.workers) {
      const job = this.#queue.shift();
      if (!job) return;
      this.#working.add(job);
      this.#resume(job);
    }
  }

  #resume(job: Job): void {
    job.startedAt = this.#clock.now();
    if (this.#speed > 0) job.timer = this.#clock.setTimer(() => this.#end(job), job.left / this.#speed);
  }

  #pause(job: Job): void {
    this.#clock.clearTimer(job.timer);
    const done = (this.#clock.now() - job.startedAt) * this.#speed;
    job.left -= done;
    this.work.done += done;
    if (!job.isWaitedFor) this.work.wasted += done;
  }

  #end(job: Job): void {
    this.#pause(job);
    this.#working.delete(job);
    this.#next();
    if (job.isWaitedFor) this.counts.answered++;
    else this.counts.inVain++;
    if (job.isWaitedFor) job.answer({ status: this.outcome() });
  }

  #spare(job: Job): void {
    const place = this.#queue.indexOf(job);
    if (place >= 0) this.#queue.splice(place, 1);
    else if (this.#working.delete(job)) this.#pause(job);
    else return;
    this.counts.spared++;
    this.#next();
  }
}
