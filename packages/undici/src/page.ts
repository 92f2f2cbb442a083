import { pageOf } from '@holdfast/core/internal/late';

/** Does a page send to another origin than its own? */
export function leavesPage(url: string): boolean {
  const page = pageOf();
  return page !== undefined && page.origin !== originOf(url);
}

/** The `Origin` that fetch adds: Fetch standard, "append a request Origin header"; Node's fetch does without CORS. */
export function originHeader({ method, url, referrerPolicy }: Request): string | undefined {
  const page = pageOf();
  if (page === undefined || method === 'GET' || method === 'HEAD') return undefined;
  const isElsewhere = page.origin !== originOf(url);
  const policy = referrerPolicy || byDefault;
  const isDowngrade = page.protocol === 'https:' && !url.startsWith('https:');
  const isHidden =
    policy === 'no-referrer' ||
    (policy === 'same-origin' && isElsewhere) ||
    (isDowngrade && (policy === 'no-referrer-when-downgrade' || policy.startsWith('strict-origin')));
  return isHidden ? 'null' : page.origin;
}

const byDefault = 'strict-origin-when-cross-origin';

function originOf(url: string): string {
  return new URL(url).origin;
}
