import type { Credentials } from '@holdfast/core';
import {
  credentialsFence,
  credentialsIdentity,
  credentialsKeeper,
  credentialsReady,
  credentialsRing,
} from '@holdfast/core/internal';
import type { Feature } from '../feature/feature.ts';
import { authOriginsOf } from '../options/auth-origins.ts';

/** `auth` and `authOrigins`. */
export const credentials: Feature = {
  name: 'credentials',
  brings: {
    shared: { auth: { create: (option: Credentials, { where }) => credentialsKeeper(option, where) } },
    credentialsIdentity,
    credentialsReady,
    credentialsRing,
    credentialsFence,
    authOriginsOf,
  },
};
