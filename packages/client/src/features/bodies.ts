import { receiving, resuming } from '@holdfast/core/internal';
import type { Brings } from '../feature/declared.ts';
import type { Feature } from '../feature/feature.ts';

/** `readBody`, `idleTimeout`, `resumeBody`. */
export const bodies: Feature = { name: 'bodies', brings: { receiving, resuming } satisfies Brings['bodies'] };
