import { checkMembers, functionOf } from '../options/checks.ts';
import { OptionError } from '../options/validate.ts';

/** How requests are shared. */
export interface CoalesceOptions {
  /**
   * Names the sender of a call, where an own `fetch`, `transport` or `perAttempt` strategy decides it: calls share a
   * request only if this returns the same string for them. Called once for each GET and HEAD that could be shared, in
   * the async context of the call. A function that throws fails the call with what it threw; nothing is sent.
   *
   * @defaultValue none: where such code may identify the sender, nothing is shared
   */
  readonly partition?: (call: CoalescedCall) => string;
}

/** A call that could share a request. */
export interface CoalescedCall {
  readonly id: string;
  readonly method: string;
  /** The request as it will be sent, with its secrets. */
  readonly url: string;
  readonly headers: Headers;
  readonly request: Request;
}

/** @throws TypeError for options that are invalid, naming path, value and remedy. */
export function resolveCoalesce(option: boolean | CoalesceOptions | undefined, path: string): CoalesceOptions | false {
  if (option === undefined || option === false) return false;
  if (option === true) return {};
  if (typeof option !== 'object' || option === null) {
    throw new OptionError(path, option, 'must be true, false, or an object such as {partition: call => userId}');
  }
  checkMembers(option, path, { partition: functionOf('(call) => string') });
  return option;
}
