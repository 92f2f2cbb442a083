import { chance } from './chance.ts';
import { EventQueue } from './event-queue.ts';
import type { Scenario } from './scenarios.ts';
import { type Answer, Server } from './server.ts';

/** What one client has access to. */
export interface World {
  readonly clock: EventQueue;
  readonly random: () => number;
  /** The timeout of an attempt, in milliseconds. */
  readonly timeoutMs: number;
  /** Sends once, and waits until the answer comes or the attempt's timeout is over. */
  attempt(): Promise<Outcome>;
  /** Sends once, and calls back with the answer. The returned function makes the client leave. */
  send(answered: (answer: Answer) => void): () => void;
  /** For the oracle: the number of this client, and the server itself. */
  readonly client: number;
  readonly server: Server;
}

export type Outcome = Answer | 'timeout';

/** Makes one call, and resolves to whether it was answered. */
export type Call = () => Promise<boolean>;

/** A rule by which clients call. */
export interface Rule {
  readonly name: string;
  readonly about: string;
  /** Creates one client. */
  client(world: World): Call;
}

/** A call, as its caller saw it. */
export interface CallRecord {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly answered: boolean;
}

/** A caller that has waited this long, in milliseconds, gives up. */
const patienceMs = 30_000;

/** What happened, from the first call to the last. */
export interface Run {
  readonly calls: readonly CallRecord[];
  /** When the trouble began and ended. */
  readonly from: number;
  readonly to: number;
  /** When each attempt was sent. */
  readonly sentAt: readonly number[];
  readonly server: Server;
}

/** Runs a scenario with clients that follow a rule. The same seed gives the same run. */
export async function simulate(scenario: Scenario, rule: Rule, seed = 1): Promise<Run> {
  const clock = new EventQueue();
  const server = new Server(clock, scenario.server(chance(seed, 'service')));
  const { beforeMs, troubleMs, afterMs, timeoutMs, callsPerSecond } = scenario;
  const [from, to] = [beforeMs, beforeMs + troubleMs];
  const calls: CallRecord[] = [];
  const sentAt: number[] = [];

  const clients = Array.from({ length: scenario.clients }, (_, index): Call => {
    const send: World['send'] = (answered) => {
      sentAt.push(clock.now());
      return server.receive(index, answered);
    };
    const random = chance(seed, `client ${index}`);
    const attempt = (): Promise<Outcome> => attemptOf(send, clock, timeoutMs);
    return rule.client({ clock, random, timeoutMs, send, attempt, client: index, server });
  });

  const callOf = async (client: Call | undefined): Promise<void> => {
    const startedAt = clock.now();
    const answered = ((await client?.()) ?? false) && clock.now() - startedAt <= patienceMs;
    calls.push({ startedAt, endedAt: clock.now(), answered });
  };
  // The arrivals are drawn first, so that they are the same for all rules.
  const random = chance(seed, 'arrivals');
  for (let at = 0; at < to + afterMs; at += (-Math.log(1 - random()) * 1000) / callsPerSecond) {
    const client = clients[Math.floor(random() * clients.length)];
    clock.setTimer(() => void callOf(client), at);
  }
  clock.setTimer(() => {
    server.forgetWork();
    const end = scenario.begin({ server, clock, random: chance(seed, 'trouble') });
    clock.setTimer(end, troubleMs);
    for (let call = 0; call < (scenario.burst ?? 0); call++) void callOf(clients[0]);
  }, from);
  await clock.run();
  return { calls, from, to, sentAt, server };
}

function attemptOf(send: World['send'], clock: EventQueue, timeoutMs: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const timer = clock.setTimer(() => {
      leave();
      resolve('timeout');
    }, timeoutMs);
    const leave = send((answer) => {
      clock.clearTimer(timer);
      resolve(answer);
    });
  });
}
