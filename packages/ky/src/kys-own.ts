// ky itself. No other file names the package, so that this file shows what is used of it.

export {
  default as ky,
  ForceRetryError,
  type Hooks,
  HTTPError,
  type Input,
  isForceRetryError,
  isHTTPError,
  isKyError,
  isNetworkError,
  isTimeoutError,
  type KyInstance,
  NetworkError,
  type NormalizedOptions,
  type Options,
  type ResponsePromise,
  replaceOption,
  SchemaValidationError,
  type StandardSchemaV1,
  TimeoutError,
} from 'ky';
