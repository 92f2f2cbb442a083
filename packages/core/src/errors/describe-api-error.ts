import { texts } from '#reference-texts';
import { statusName } from '../api-answer/status-names.ts';
import type { Decision } from '../kernel/decision.ts';
import { oneLine } from '../redact/cause.ts';
import { aboutRequest } from './about-request.ts';
import type { ErrorFacts } from './api-error-facts.ts';
import { noteOf } from './guides/after-decision.ts';
import type { JoinedFrom } from './joined-from.ts';

/** The error's message: `404 Not Found: GET https://…/orders/:id — No such order (order_missing) [GET https://…/orders/42]`. */
export function describeApiError(
  response: Response,
  { said, issues }: Pick<ErrorFacts, 'said' | 'issues'>,
  request: { readonly method: string; readonly url: string; readonly decision?: Decision | undefined },
  joined: JoinedFrom | undefined,
): string {
  const { status } = response;
  const name = statusName(status) ?? oneLine(response.statusText, 60);
  const words = withoutPeriod(oneLine(said.message ?? issues[0]?.message ?? '', 300));
  const code = said.code === undefined || said.code === words ? '' : `(${said.code})`;
  const tail = [words, code].filter((part) => part !== '').join(' ');
  // In a page that has not loaded the texts, the message goes without.
  const origin = (joined && texts.loaded?.describeJoin(status, joined)) ?? '';
  const title = name === '' ? status : `${status} ${name}`;
  const note = noteOf(request.decision);
  return aboutRequest(request, (asked) => `${title}: ${asked}${note}${tail === '' ? '' : ` — ${tail}`}${origin}`);
}

function withoutPeriod(text: string): string {
  return text.replace(/(?<!\.)\.$/, '');
}
