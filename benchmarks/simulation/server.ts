import type { Timer } from '@holdfast/core/internal';
import type { EventQueue } from './event-queue.ts';

/** An answer as the client receives it. */
export interface Answer {
  readonly status: number;
  readonly retryAfterMs?: number;
}

export interface ServerOptions {
  /** How many requests are worked on at once. */
  readonly workers: number;
  /** How long one request takes at full speed, in milliseconds. */
  readonly serviceMs: () => number;
  /** How many requests wait for a worker. Further ones are refused at once with a bare 503. */
  readonly queue: number;
  /** Whether the server notices that a client has left, and skips its request. Most servers don't. */
  readonly noticesLeavers?: boolean;
}

/** A gate in front of the server. */
export interface Door {
  /** What happens to a request before it costs the server anything: it passes, is refused, or is lost. */
  meets(client: number): Answer | 'lost' | undefined;
  /** True if no request is served at present; only an oracle can know this. */
  isShut?(client: number): boolean;
}

export const open: Door = { meets: () => undefined };

interface Job {
  readonly answer: (answer: Answer) => void;
  /** The work that is left, in milliseconds at full speed. */
  left: number;
  isWaitedFor: boolean;
  startedAt: number;
  timer: Timer;
}

/** How long a refusal takes, in milliseconds. */
const refusalMs = 2;

/**
 * A typical server: a fixed number of workers, behind a queue that is served in order. It can't know that the client
 * behind a request has given up, so it works on every request, even in vain. This is how retries keep a server down.
 */
export class Server {
  readonly #clock: EventQueue;
  readonly #options: ServerOptions;
  readonly #queue: Job[] = [];
  readonly #working = new Set<Job>();
  #speed = 1;
  #door: Door = open;
  /** The status of served requests. */
  outcome: () => number = () => 200;
  /** How many requests arrived, and what happened to them. */
  readonly counts = { received: 0, lost: 0, refused: 0, answered: 0, inVain: 0, spared: 0 };
  /** The work that was done, in milliseconds at full speed, and the part of it for callers that had left. */
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

  /** At 0, all work stops. */
  set speed(speed: number) {
    for (const job of this.#working) this.#pause(job);
    this.#speed = speed;
    for (const job of this.#working) this.#resume(job);
  }

  set door(door: Door) {
    this.#door = door;
  }

  /** True if sending is useless at this moment. */
  isShut(client: number): boolean {
    return this.#speed === 0 || (this.#door.isShut?.(client) ?? false);
  }

  /** Requests in the queue and at work. */
  get held(): number {
    return this.#queue.length + this.#working.size;
  }

  /** Counts the work from now on. */
  forgetWork(): void {
    Object.assign(this.work, { done: 0, wasted: 0 });
  }

  /** Receives a request. Returns a function to call when the client leaves. */
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
