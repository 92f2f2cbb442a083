import type { Feature } from '../feature/feature.ts';
import { checkRequest, requestCheck } from '../request-schema/request-schema.ts';

declare module '../feature/declared.js' {
  interface Brings {
    readonly requestSchemas: {
      readonly requestCheck: typeof requestCheck;
      readonly checkRequest: typeof checkRequest;
    };
  }
}

/** `requestSchema`. */
export const requestSchemas: Feature = {
  name: 'requestSchemas',
  brings: { requestCheck, checkRequest },
};
