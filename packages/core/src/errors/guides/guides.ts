/**
 * The texts that explain a failure to a person, and the functions that print them. A page loads them after its first
 * answer, or with its first failed one: `texts.browser.ts`.
 */
export { describeJoin } from '../joined-from.ts';
export { printError } from './print-error.ts';
export { guideOf } from './reference.ts';
export { guides } from './status-guides.ts';
export { supportReport } from './support-report.ts';
