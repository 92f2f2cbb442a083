import { AsyncLocalStorage } from 'node:async_hooks';

/** The signed-in user, as a server that renders for many users at a time knows it. */
export const tenants: AsyncLocalStorage<string> = new AsyncLocalStorage();

export const tenantNames = ['anna', 'bert'] as const;

/** The tenant in whose name this code runs. */
export function tenantNow(): string {
  return tenants.getStore() ?? 'no tenant';
}
