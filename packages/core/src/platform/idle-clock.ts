/** Of browsers, Safari has no `requestIdleCallback`: there it is a moment later, in milliseconds. */
const momentMs = 200;

/** Does some work when the page has nothing else to do. */
export function whenIdle(work: () => void): void {
  if (typeof requestIdleCallback === 'function') requestIdleCallback(work);
  else setTimeout(work, momentMs);
}
