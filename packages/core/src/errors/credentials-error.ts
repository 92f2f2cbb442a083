import { define, ResilienceError, type ResilienceErrorInit } from './resilience-error.ts';

/** The credentials could not be obtained or renewed; the `cause` says why. */
export class CredentialsError extends ResilienceError {
  static {
    define(CredentialsError, 'CredentialsError');
  }

  declare readonly code: 'CREDENTIALS';

  constructor(init: ResilienceErrorInit) {
    super({ ...init, code: 'CREDENTIALS' });
  }
}
