import type { Server } from '../server.ts';
import type { Rule, World } from '../world.ts';
import { isAnswered } from './retrying.ts';

/** How long a caller waits at most, in milliseconds. */
const deadlineMs = 30_000;

interface Waiting {
  readonly world: World;
  readonly until: number;
  readonly done: (answered: boolean) => void;
}

/** All that its clients share: a line for the one server. */
interface Line {
  readonly waiting: Waiting[];
  inFlight: number;
  isLooking: boolean;
}

const lineOf = new WeakMap<Server, Line>();

/**
 * What could be had at best by waiting: it knows what the server can take just now, has the clients of all processes in
 * one line, and sends no more than that. What fails is sent again at once.
 */
export const oracle: Rule = {
  name: 'oracle',
  about: 'knows the capacity: all calls wait in one line, none is sent before there is a worker for it',
  client(world) {
    const line = lineOf.get(world.server) ?? { waiting: [], inFlight: 0, isLooking: false };
    lineOf.set(world.server, line);
    return () =>
      new Promise((done) => {
        line.waiting.push({ world, until: world.clock.now() + deadlineMs, done });
        letGo(line, world);
      });
  },
};

function letGo(line: Line, { server, clock }: Pick<World, 'server' | 'clock'>): void {
  while (line.inFlight < server.workers) {
    const index = line.waiting.findIndex(({ world, until }) => clock.now() > until || !server.isShut(world.client));
    const [one] = index < 0 ? [] : line.waiting.splice(index, 1);
    if (!one) break;
    if (clock.now() > one.until) one.done(false);
    else void send(one, line);
  }
  if (line.waiting.length === 0 || line.inFlight >= server.workers || line.isLooking) return;
  // Is it back?
  line.isLooking = true;
  clock.setTimer(() => {
    line.isLooking = false;
    letGo(line, { server, clock });
  }, 10);
}

async function send(one: Waiting, line: Line): Promise<void> {
  line.inFlight++;
  const outcome = await one.world.attempt();
  line.inFlight--;
  if (isAnswered(outcome)) one.done(true);
  else line.waiting.unshift(one);
  letGo(line, one.world);
}
