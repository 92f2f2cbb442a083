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

/** The state that all clients share: one queue for the one server. */
interface Line {
  readonly waiting: Waiting[];
  inFlight: number;
  isLooking: boolean;
}

const lineOf = new WeakMap<Server, Line>();

/**
 * The best result that waiting can reach: the oracle knows the server's capacity at each moment, has the clients of all
 * processes in one queue, and sends no more than the server can take. A failed attempt is sent again at once.
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
  // Checks whether the server is back.
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
