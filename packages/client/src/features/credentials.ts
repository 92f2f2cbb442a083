import type { Credentials } from '@holdfast/core';
import {
  type CredentialsKeeper,
  credentialsFence,
  credentialsIdentity,
  credentialsKeeper,
  credentialsReady,
  credentialsRing,
} from '@holdfast/core/internal';
import type { Feature } from '../feature/feature.ts';
import { authOriginsOf, checkOrigins } from '../options/auth-origins.ts';

export type { Credentials };

declare module '../feature/declared.js' {
  interface Brings {
    readonly credentials: Declared & {
      readonly credentialsIdentity: typeof credentialsIdentity;
      readonly credentialsReady: typeof credentialsReady;
      readonly credentialsRing: typeof credentialsRing;
      readonly credentialsFence: typeof credentialsFence;
      readonly authOriginsOf: typeof authOriginsOf;
    };
  }

  interface FeatureOptions {
    /** `bearerToken(…)`, `apiKey(…)`, or any {@link Credentials}. */
    readonly auth?: Credentials | undefined;
    /** The origins to which credentials may be sent. @defaultValue the origin of `baseUrl` or `prefix` */
    readonly authOrigins?: readonly string[] | undefined;
  }

  interface FeatureSnapshots {
    readonly auth: { readonly refreshing: boolean; readonly expiresAt?: number };
  }

  interface SharedParts {
    readonly auth?: CredentialsKeeper | undefined;
  }
}

/** `auth` and `authOrigins`. */
export const credentials: Feature = {
  name: 'credentials',
  brings: {
    shared: { auth: { create: (option: Credentials, { where }) => credentialsKeeper(option, where) } },
    snapshot: ({ auth }) => (auth ? { auth: auth.snapshot() } : {}),
    checks: { authOrigins: checkOrigins },
    credentialsIdentity,
    credentialsReady,
    credentialsRing,
    credentialsFence,
    authOriginsOf,
  },
};
