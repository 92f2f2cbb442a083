/** The figures of the rules by which calls wait for a grant. They come from the simulation of overload. */

/** Two tokens are one grant. */
export const grantCost = 2;
/** What each failing call adds to the credit for probing. A granted retry costs 1; after a timeout it costs 2. */
export const creditPerFailure = 0.1;
/** How many grants an answered call brings for each retry that it took. */
export const grantsPerRetry = 2;
/** Calls that fail within this time, in milliseconds, fail at the same moment. */
export const sameMomentMs = 250;
/** A call that begins within this time after another one has ended, in milliseconds, is the next one of a sequence. */
export const nextCallMs = 50;
/** From this number of failed calls on it is an outage; fewer may each fail for a reason of its own. */
export const outageCalls = 15;
/** For how long after its own first failure a call may probe, and in a stall after the first of all, in milliseconds. */
export const probingMs = 4_000;
/** After this time in the queue, in milliseconds, a call is refused if granted calls mostly fail. */
export const patienceMs = 1_500;
/** Granted calls mostly fail where the moving share of those that were answered is below this. */
export const mostlyFails = 0.4;
/** What one granted call weighs in that share. */
export const weightOfOne = 0.25;
/** After a pause of this length, in milliseconds, earlier failures say nothing about the server any more. */
export const staleMs = 10_000;
/** A grant that was not used for this long, in milliseconds, is lost: its request has ended without notice. */
export const lostMs = 60_000;
/** A granted retry that takes longer than this, in milliseconds, with its wait, is slow. */
export const slowMs = 2_500;
