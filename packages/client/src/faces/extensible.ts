import { responseWithBody } from '@holdfast/core/internal';

/** A user's fetch may return a frozen Response. */
export function extensible(response: Response): Response {
  return Object.isExtensible(response) || !response.body ? response : responseWithBody(response, response.body);
}
