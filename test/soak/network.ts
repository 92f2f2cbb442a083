import type { Fault } from '../hostile-network/fault-proxy.ts';
import { faults } from '../hostile-network/faults.ts';

/** The faults that any connection may meet. Redirects, refusals and TLS depend on the address, not on the connection. */
const ofConnections = faults.filter((one) => !one.origin && !one.isPortClosed && one.path === undefined);

/** A network of good and bad connections, which is down now and then. */
export interface SoakNetwork {
  readonly fault: Fault;
  isDown: boolean;
}

export function soakNetwork(random: () => number): SoakNetwork {
  const network = {
    isDown: false,
    async fault(link: Parameters<Fault>[0]): Promise<void> {
      while (!network.isDown) {
        const chance = random();
        // A connection serves about thirty requests, unless a fault ends it before.
        if (chance < 0.015) return ofConnections[Math.floor(random() * ofConnections.length)]?.fault(link);
        await link.pass(chance < 0.98);
        if (chance >= 0.98) return;
      }
      link.reset();
    },
  };
  return network;
}
