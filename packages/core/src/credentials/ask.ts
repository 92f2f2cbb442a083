import { aboutRequest } from '../errors/about-request.ts';
import { CredentialsError } from '../errors/credentials-error.ts';
import { isResilienceError } from '../errors/resilience-error.ts';
import type { Call } from '../kernel/call.ts';
import type { CallContext } from '../kernel/call-context.ts';
import { messageOf } from '../kernel/message-of.ts';
import { defused, isThenable } from '../options/defused.ts';
import { OptionError } from '../options/validate.ts';
import { oneLine } from '../redact/cause.ts';
import { within } from '../waits/within.ts';
import type { Credentials } from './credentials.ts';
import { depthInside, runInside, runInsideNow, sendsThroughItself } from './inside.ts';

/** Calls the functions of the user's credentials, in the async context of the call, and checks what they return. */
export class AskedCredentials {
  readonly #source: Credentials;
  /** How many promises of `get` have not been settled. */
  #pending = 0;

  constructor(source: Credentials) {
    this.#source = source;
  }

  /** The header's value for a request that leaves now. @throws CredentialsError, at once or by its promise */
  value({ call, signal }: CallContext, account: string | undefined): Promise<string> | string {
    const failed = (error: unknown): never => {
      throw signal.aborted ? signal.reason : credentialsError(call, error);
    };
    try {
      if (depthInside(call, this) > deepest) throw sendsThroughItself('auth.get()');
      const run = this.#pending < mostPending ? runInsideNow : runInside;
      const ask = { signal, wallNow: call.clock.wallNow(), account };
      const given: unknown = run(this, call, () => this.#source.get(ask));
      if (!isThenable(given)) return checkedValue(given);
      return within(this.#settled(given), { signal }).catch(failed);
    } catch (error) {
      return failed(error);
    }
  }

  async #settled(given: PromiseLike<unknown>): Promise<string> {
    this.#pending++;
    try {
      return checkedValue(await given);
    } finally {
      this.#pending--;
    }
  }

  state(call: Call, account: string | undefined, value?: string): 'good' | 'stale' | 'expired' {
    return this.#source.state?.(call.clock.wallNow(), { account, value }) ?? 'good';
  }

  /** @throws the error of `account()`, and TypeError for a value that is not an account. */
  account(): string | undefined {
    if (!this.#source.account) return undefined;
    const given: unknown = defused(this.#source.account());
    if (typeof given === 'string' && given !== '') return given;
    throw new OptionError('auth.account()', given, 'must return a string that is not empty');
  }

  /** @throws CredentialsError */
  accountFor(call: Call): string | undefined {
    try {
      return this.account();
    } catch (error) {
      throw credentialsError(call, error);
    }
  }

  /** Here the value only decides which requests share state; sending the request will show any error. */
  accountIfAny(): string | undefined {
    try {
      return this.account();
    } catch {
      return undefined;
    }
  }
}

/** Calls of one function inside another, where each may be for another account. */
const deepest = 5;
/** With more, the function may be calling itself after an `await`, and the async contexts are kept to know. */
const mostPending = 100;

function checkedValue(value: unknown): string {
  if (typeof value === 'string') {
    // The platform's own error would quote all of it.
    if (/[^\t\r\n\x20-\x7e\x80-\xff]/.test(value) || /[\r\n]/.test(value.trim()))
      throw new TypeError('auth.get() returned characters that no header may have');
    return value;
  }
  throw new OptionError('auth.get()', value, "must return the header's value as a string");
}

/** @param pausedMs The time for which no refresh is tried. */
export function credentialsError(call: Call, cause: unknown, pausedMs = 0): CredentialsError {
  if (isResilienceError(cause) && cause instanceof CredentialsError && cause.callId === call.id) return cause;
  const why = oneLine(messageOf(firstCause(cause)), 300);
  return new CredentialsError({
    call,
    message: aboutRequest(call, (request) => `Credentials for ${request} could not be obtained: ${why}`),
    cause,
    applied: 'no',
    ...(pausedMs > 0 && { retryAt: call.clock.wallNow() + Math.ceil(pausedMs) }),
  });
}

/** A function of the credentials may have made a call whose own credentials have failed. */
function firstCause(error: unknown): unknown {
  let first = error;
  while (first instanceof CredentialsError && first.cause !== undefined) first = first.cause;
  return first;
}
