import { explain } from '../explain/explain.ts';
import type { Brings } from '../feature/declared.ts';
import type { Feature } from '../feature/feature.ts';

/** `client.explain()`. */
export const explaining: Feature = { name: 'explaining', brings: { explain } satisfies Brings['explaining'] };
