import { aboutRequest } from '../errors/about-request.ts';
import { CredentialsError } from '../errors/rejection-errors.ts';
import { isResilienceError } from '../errors/resilience-error.ts';
import type { Call } from '../kernel/call.ts';
import type { CallContext } from '../kernel/call-context.ts';
import { defused, isThenable } from '../options/defused.ts';
import { OptionError } from '../options/validate.ts';
import { oneLine } from '../redact/cause.ts';
import { within } from '../waits/within.ts';
import type { Credentials } from './credentials.ts';

/** Calls the functions of the user's credentials, in the async context of the call, and checks what they return. */
export class AskedCredentials {
  readonly #source: Credentials;

  constructor(source: Credentials) {
    this.#source = source;
  }

  /** The header's value for a request that leaves now. @throws CredentialsError, at once or by its promise */
  value({ call, signal }: CallContext, account: string | undefined): Promise<string> | string {
    const failed = (error: unknown): never => {
      throw signal.aborted ? signal.reason : credentialsError(call, error);
    };
    try {
      const given: unknown = this.#source.get({ signal, wallNow: call.clock.wallNow(), account });
      if (!isThenable(given)) return checkedValue(given);
      return within(Promise.resolve(given).then(checkedValue), { signal }).catch(failed);
    } catch (error) {
      return failed(error);
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
  const why = oneLine(cause instanceof Error ? cause.message : String(cause), 300);
  return new CredentialsError({
    call,
    message: aboutRequest(call, (request) => `Credentials for ${request} could not be obtained: ${why}`),
    cause,
    applied: 'no',
    ...(pausedMs > 0 && { retryAt: call.clock.wallNow() + Math.ceil(pausedMs) }),
  });
}
