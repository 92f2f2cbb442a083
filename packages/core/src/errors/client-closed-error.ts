import { define, ResilienceError, type ResilienceErrorInit } from './resilience-error.ts';

/** The client was closed while the call waited, or before it began. */
export class ClientClosedError extends ResilienceError {
  static {
    define(ClientClosedError, 'ClientClosedError');
  }

  declare readonly code: 'CLIENT_CLOSED';

  constructor(init: ResilienceErrorInit) {
    super({ ...init, code: 'CLIENT_CLOSED' });
  }
}
