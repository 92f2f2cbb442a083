import { responseWithBody } from '@holdfast/core/internal';

/** A user's fetch may give a Response that is frozen. */
export function extensible(response: Response): Response {
  return Object.isExtensible(response) || !response.body ? response : responseWithBody(response, response.body);
}
