import { receiving, resuming } from '@holdfast/core/internal';
import type { Feature } from '../feature/feature.ts';

/** `readBody`, `idleTimeout`, `resumeBody`. */
export const bodies: Feature = { name: 'bodies', brings: { receiving, resuming } };
