import { clientErrorGuide, guides, serverErrorGuide, unknownGuide } from './guides.ts';

/** What an error status means, what usually causes it, and what can be done about it. */
export interface Guide {
  /** One line for a person. */
  readonly title: string;
  readonly causes: readonly string[];
  /** What Holdfast does by itself, and what is left to a person. */
  readonly remedies: readonly string[];
}

/** The guide for a status; one for its class where the status has none of its own. */
export function guideFor(status: number): Guide {
  const own = guides[status];
  if (own) return own;
  if (status >= 400 && status < 500) return clientErrorGuide;
  return status >= 500 && status < 600 ? serverErrorGuide : unknownGuide;
}
