/** The delay in Safari, which has no `requestIdleCallback`, in milliseconds. */
const momentMs = 200;

/** Runs work when the page is idle. */
export function whenIdle(work: () => void): void {
  if (typeof requestIdleCallback === 'function') requestIdleCallback(work);
  else setTimeout(work, momentMs);
}
