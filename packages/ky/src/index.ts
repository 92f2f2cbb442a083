export { askShouldRetry } from './ask-should-retry.ts';
export { retriesSent } from './before-error.ts';
export { callThroughKy } from './call-through-ky.ts';
export { applyChanges, changesMade } from './changed-error.ts';
export { createKy } from './create-ky.ts';
export type { KyCall, KyPort, OpenPort, ParseJson } from './ky-port.ts';
export {
  HTTPError,
  type Input,
  isForceRetryError,
  isHTTPError,
  isNetworkError as isKyNetworkError,
  type KyInstance,
  ky,
  type Options as KyOptions,
  type ResponsePromise,
  replaceOption,
  SchemaValidationError,
  type StandardSchemaV1,
} from './kys-own.ts';
export {
  HTTPError as HTTPErrorWord,
  isHTTPError as isHTTPErrorWord,
  isKyError,
  isTimeoutError,
  TimeoutError,
} from './kys-words.ts';
export { isMarked, type KyBase, kyBase } from './plain-call.ts';
export { redactedHttpError } from './redacted-http-error.ts';
export { stopped } from './retry-hooks.ts';
export { stringifyJson } from './stringify-json.ts';
