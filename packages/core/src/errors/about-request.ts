import type { Call } from '../kernel/call.ts';
import { shortened, shownUrl } from '../redact/redact.ts';
import { routeTemplate } from './route-template.ts';

/**
 * A message about a call's request. It names the route first, and the URL itself at its end, so that a tool that groups
 * messages by their beginning sees what happened before it sees an id: `GET https://api.example.com/orders/:id timed
 * out after 1000 ms [GET https://api.example.com/orders/42]`. A long URL is cut in its middle; the error's
 * `request.url` has all of it.
 *
 * @param words Returns the message for the request's name.
 */
export function aboutRequest(
  { method, url }: Pick<Call, 'method' | 'url'>,
  words: (request: string) => string,
): string {
  const template = routeTemplate(url);
  const verb = shortened(method, longestMethod);
  const text = words(`${verb} ${template}`);
  return template === url ? text : `${text} [${verb} ${shownUrl(url)}]`;
}

const longestMethod = 40;
