/** A page that is never idle does the work after this time all the same, in milliseconds. */
const busyMs = 10_000;
/** The delay in Safari, which has no `requestIdleCallback`, in milliseconds. */
const momentMs = 200;

/** Runs work when the page is idle. */
export function whenIdle(work: () => void): void {
  if (typeof requestIdleCallback === 'function') requestIdleCallback(work, { timeout: busyMs });
  else setTimeout(work, momentMs);
}
