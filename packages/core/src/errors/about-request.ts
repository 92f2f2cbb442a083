import type { Call } from '../kernel/call.ts';
import { routeTemplate } from './route-template.ts';

/**
 * A message about a call's request. It names the route first, and the URL itself at its end, so that whatever sorts
 * messages by how they begin sees no id before what has happened:
 * `GET https://api.example.com/orders/:id timed out after 1000 ms [GET https://api.example.com/orders/42]`.
 *
 * @param words Returns the message for the request's name.
 */
export function aboutRequest(
  { method, url }: Pick<Call, 'method' | 'url'>,
  words: (request: string) => string,
): string {
  const template = routeTemplate(url);
  const text = words(`${method} ${template}`);
  return template === url ? text : `${text} [${method} ${url}]`;
}
