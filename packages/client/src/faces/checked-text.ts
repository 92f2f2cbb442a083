import type { CallContext } from '@holdfast/core';
import { type KyOptions, type KyPort, stringifyJson } from '@holdfast/ky';
import type { CallPolicy, Runtime } from '../call/runtime.ts';

/** The part of a call that the check of its body needs. */
export interface CheckedCall {
  readonly policy: CallPolicy;
  readonly options: Readonly<KyOptions>;
  readonly requestSchemas: Runtime['features']['requestSchemas'];
}

/**
 * The text that is sent in place of the body, if the schema changes it.
 *
 * @throws BadRequestError if the body does not match the schema.
 */
export async function checkedText(
  { policy: { check, links }, options, requestSchemas }: CheckedCall,
  request: Request,
  context: CallContext,
  port: Pick<KyPort, 'within'>,
): Promise<string | undefined> {
  const { json, stringifyJson: own } = options;
  const given = { request, context, links, ...(json !== undefined && { json }) };
  const checked = check && (await port.within(() => requestSchemas?.checkRequest(check, given)));
  // A hook may have replaced the request that was made from `json`.
  if (checked === undefined || json === undefined || context.body.kind !== 'value') return undefined;
  const text = stringifyJson(checked.value, own);
  return text === context.body.value ? undefined : text;
}
