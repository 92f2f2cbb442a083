import { texts } from '#reference-texts';
import { redactText } from '../../redact/redact.ts';
import type { PrintedError } from '../printed-error.ts';

/**
 * What `console.log(error)` shows on a server. Where the texts are not loaded, this is the error's first line and its
 * stack.
 */
export function printed(error: PrintedError): string {
  return texts.loaded?.printError(error) ?? redactText(`${error.stack}`);
}

/** Plain text for a support ticket. A page that could not load the layout yet gives the facts without it. */
export function reported(error: PrintedError): string {
  const { name, message, callId, occurredAt, timeline } = error;
  return (
    texts.loaded?.supportReport(error) ??
    [
      `Problem: ${name}: ${redactText(message)}`,
      `Time: ${new Date(occurredAt).toISOString()}`,
      `Call: ${callId}`,
      ...timeline,
    ].join('\n')
  );
}
