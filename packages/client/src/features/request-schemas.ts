import type { Feature } from '../feature/feature.ts';
import { checkRequest, requestCheck } from '../request-schema/request-schema.ts';

/** `requestSchema`. */
export const requestSchemas: Feature = {
  name: 'requestSchemas',
  brings: { requestCheck, checkRequest },
};
