import type { Fault } from '../hostile-network/fault-proxy.ts';
import { faults } from '../hostile-network/faults.ts';

/** Those that a connection may meet at any time. Redirects, refusals and TLS belong to the address, not to the connection. */
const ofConnections = faults.filter((one) => !one.origin && !one.isPortClosed && one.path === undefined);

/** A network of good and bad connections; now and then it is down for a while. */
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
        // A connection serves some thirty requests, unless a fault ends it before.
        if (chance < 0.015) return ofConnections[Math.floor(random() * ofConnections.length)]?.fault(link);
        await link.pass(chance < 0.98);
        if (chance >= 0.98) return;
      }
      link.reset();
    },
  };
  return network;
}
