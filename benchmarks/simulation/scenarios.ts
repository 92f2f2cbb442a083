import { exponential } from './chance.ts';
import type { EventQueue } from './event-queue.ts';
import { type Answer, type Door, open, type Server, type ServerOptions } from './server.ts';

/** What a scenario uses to disturb the server while the trouble lasts. */
export interface Trouble {
  readonly server: Server;
  readonly clock: EventQueue;
  readonly random: () => number;
}

/** Which clients call, how often, and what the trouble is. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly callsPerSecond: number;
  /** How many clients make the calls. Each of them learns separately. */
  readonly clients: number;
  /** The timeout of an attempt, in milliseconds. */
  readonly timeoutMs: number;
  /** The times before, during and after the trouble, in milliseconds. */
  readonly beforeMs: number;
  readonly troubleMs: number;
  readonly afterMs: number;
  /** Calls that all start when the trouble begins. */
  readonly burst?: number;
  server(random: () => number): ServerOptions;
  /** Begins the trouble; returns a function that ends it. */
  begin(trouble: Trouble): () => void;
}

/** Ten workers that take 50 ms: 200 requests a second. */
export const workers = 10;
const meanMs = 50;
const capacity = (workers * 1000) / meanMs;
/** A little more than two seconds of work: the last request in a full queue has timed out before it is served. */
const queue = 2.1 * capacity;

export const usual = {
  callsPerSecond: 0.8 * capacity,
  clients: 1,
  timeoutMs: 1000,
  beforeMs: 10_000,
  troubleMs: 10_000,
  afterMs: 30_000,
  server: (random: () => number): ServerOptions => ({ workers, queue, serviceMs: () => exponential(meanMs, random) }),
};

export const atSpeed =
  (speed: number) =>
  ({ server }: Trouble): (() => void) => {
    server.speed = speed;
    return () => {
      server.speed = 1;
    };
  };

/** Puts a gate in front of the server. */
export const behind =
  (door: (trouble: Trouble) => Door) =>
  (trouble: Trouble): (() => void) => {
    trouble.server.door = door(trouble);
    return () => {
      trouble.server.door = open;
    };
  };

export const failing = (share: number, answer: Answer): ((trouble: Trouble) => () => void) =>
  behind(({ random }) => ({ meets: () => (random() < share ? answer : undefined), isShut: () => share === 1 }));

/** Allows this many requests in each second of the clock; answers further ones with 429 and a `Retry-After`. */
const quotaOf = (perSecond: number): ((trouble: Trouble) => () => void) =>
  behind(({ clock }) => {
    let [second, taken] = [0, 0];
    const begin = (): void => {
      const now = Math.floor(clock.now() / 1000);
      if (now !== second) [second, taken] = [now, 0];
    };
    return {
      meets() {
        begin();
        return ++taken <= perSecond ? undefined : { status: 429, retryAfterMs: 1000 };
      },
      isShut() {
        begin();
        return taken >= perSecond;
      },
    };
  });

const lostFor = (unlucky: number): ((trouble: Trouble) => () => void) =>
  behind(() => ({
    meets: (client) => (client === unlucky ? 'lost' : undefined),
    isShut: (client) => client === unlucky,
  }));

/** Slows the server down to a fifth of its speed in ten steps, and restores it in one step. */
const slowing = ({ server, clock }: Trouble): (() => void) => {
  let isOver = false;
  const step = (speed: number): void => {
    if (isOver) return;
    server.speed = speed;
    if (speed > 0.2) clock.setTimer(() => step(speed - 0.08), 1000);
  };
  step(0.92);
  return () => {
    isOver = true;
    server.speed = 1;
  };
};

export const scenarios: readonly Scenario[] = [
  {
    ...usual,
    name: 'S0',
    title: 'a healthy server, a burst of 1,000 slow calls',
    about: 'calls of 50 ms, then 1,000 at once that take two seconds each; the server has room for all of them',
    callsPerSecond: 40,
    timeoutMs: 10_000,
    burst: 1000,
    server: (random) => ({ workers: 5000, queue, serviceMs: () => exponential(meanMs, random) }),
    begin: ({ server }) => {
      server.speed = 0.025;
      return () => {
        server.speed = 1;
      };
    },
  },
  {
    ...usual,
    name: 'S1',
    title: 'stall, load 80 %',
    about: 'for 10 s the server answers nothing',
    begin: atSpeed(0),
  },
  {
    ...usual,
    name: 'S2',
    title: 'brown-out, load 80 %',
    about: 'for 10 s the server works at 30 % of its speed',
    begin: atSpeed(0.3),
  },
  {
    ...usual,
    name: 'S3',
    title: 'instant 503',
    about: 'for 10 s every request is refused at once, with a Retry-After of one second',
    begin: failing(1, { status: 503, retryAfterMs: 1000 }),
  },
  {
    ...usual,
    name: 'S4',
    title: '5 % random errors',
    about: 'for 10 s one request in twenty comes back as 500 at once',
    begin: failing(0.05, { status: 500 }),
  },
  {
    ...usual,
    name: 'S5',
    title: '60 % fail at once',
    about: 'for 30 s six requests in ten come back as 500 at once',
    troubleMs: 30_000,
    begin: failing(0.6, { status: 500 }),
  },
  {
    ...usual,
    name: 'S6',
    title: 'stall, 1,000 tiny clients',
    about: 'S1, on a server five times as large, by a thousand clients that call four times in five seconds each',
    callsPerSecond: 5 * 0.8 * capacity,
    clients: 1000,
    server: (random) => ({ ...usual.server(random), workers: 5 * workers, queue: 5 * queue }),
    begin: atSpeed(0),
  },
  {
    ...usual,
    name: 'S7',
    title: 'stall, load 95 %',
    about: 'S1, but the server has little left to catch up with',
    callsPerSecond: 0.95 * capacity,
    begin: atSpeed(0),
  },
  {
    ...usual,
    name: 'S8',
    title: 'stall, a short queue',
    about: 'S1, but only twenty requests wait; all others are refused at once',
    server: (random) => ({ ...usual.server(random), queue: 20 }),
    begin: atSpeed(0),
  },
  {
    ...usual,
    name: 'S9',
    title: 'stall, the server notices aborted requests',
    about: 'S7, but the server drops the work of clients that have left',
    callsPerSecond: 0.95 * capacity,
    server: (random) => ({ ...usual.server(random), noticesLeavers: true }),
    begin: atSpeed(0),
  },
  {
    ...usual,
    name: 'S10',
    title: 'a rate quota',
    about: 'for 10 s the server grants half of the usual rate, and answers 429 with Retry-After beyond',
    begin: quotaOf(0.4 * capacity),
  },
  {
    ...usual,
    name: 'S11',
    title: 'latency that rises slowly',
    about: 'for 10 s the server gets slower, in steps, down to a fifth of its speed',
    begin: slowing,
  },
  {
    ...usual,
    name: 'S12',
    title: 'an outage seen by one process in ten',
    about: 'for 10 s nothing that one of ten processes sends arrives anywhere',
    clients: 10,
    begin: lostFor(3),
  },
  {
    ...usual,
    name: 'S13',
    title: 'stall, tiny clients that were healthy for long',
    about: 'S1, but the calls come from 200 clients, each with four calls in five seconds, for two minutes already',
    clients: 200,
    beforeMs: 120_000,
    begin: atSpeed(0),
  },
];
