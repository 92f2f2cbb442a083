import { explain } from '../explain/explain.ts';
import type { Feature } from '../feature/feature.ts';

/** `client.explain()`. */
export const explaining: Feature = { name: 'explaining', brings: { explain } };
