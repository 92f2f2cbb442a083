import type { Feature } from '../feature/feature.ts';
import {
  checkRequest,
  type RequestCheck,
  type RequestSchema,
  type RequestSchemaRoute,
  requestCheck,
} from '../request-schema/request-schema.ts';

export type { RequestSchema, RequestSchemaRoute };

declare module '../feature/declared.js' {
  interface Brings {
    readonly requestSchemas: Declared & { readonly checkRequest: typeof checkRequest };
  }

  interface FeatureCallOptions {
    /**
     * Checks JSON bodies before anything is sent: a body that does not match is a `BadRequestError` with `issues`. A
     * schema, or one for each route; `false` for none. The schema's output is sent.
     *
     * @see https://standardschema.dev
     */
    readonly requestSchema?: RequestSchema | readonly RequestSchemaRoute[] | false | undefined;
  }

  interface ResolvedByFeatures {
    readonly check?: RequestCheck | undefined;
  }
}

/** `requestSchema`. */
export const requestSchemas: Feature = {
  name: 'requestSchemas',
  brings: {
    ofCall: {
      requestSchema(resolved, given, path) {
        resolved.check = requestCheck(given, path);
      },
    },
    checkRequest,
  },
};
