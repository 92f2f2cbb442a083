export {
  default as ky,
  HTTPError,
  type Input,
  isForceRetryError,
  isHTTPError,
  isNetworkError as isKyNetworkError,
  type KyInstance,
  type Options as KyOptions,
  type ResponsePromise,
  replaceOption,
  SchemaValidationError,
  type StandardSchemaV1,
} from 'ky';
export { askShouldRetry } from './ask-should-retry.ts';
export { retriesSent } from './before-error.ts';
export { callThroughKy, type KyCall, type KyPort, type ParseJson } from './call-through-ky.ts';
export { applyChanges, changesMade } from './changed-error.ts';
export { createKy } from './create-ky.ts';
export {
  HTTPError as HTTPErrorWord,
  isHTTPError as isHTTPErrorWord,
  isKyError,
  isTimeoutError,
  TimeoutError,
} from './kys-words.ts';
export { type KyBase, kyBase } from './plain-call.ts';
export { redactedHttpError } from './redacted-http-error.ts';
export { stopped } from './retry-hooks.ts';
export { stringifyJson } from './stringify-json.ts';
