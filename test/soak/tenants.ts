import { AsyncLocalStorage } from 'node:async_hooks';

/** The signed-in user, as known to a server that renders for many users at a time. */
export const tenants: AsyncLocalStorage<string> = new AsyncLocalStorage();

export const tenantNames = ['anna', 'bert'] as const;

/** The tenant for which the current code runs. */
export function tenantNow(): string {
  return tenants.getStore() ?? 'no tenant';
}
