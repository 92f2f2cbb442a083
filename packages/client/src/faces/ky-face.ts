import { callThroughKy, type Input, type KyBase, type KyOptions, type ResponsePromise } from '@holdfast/ky';
import { mergedRetry } from '../call/resolved-options.ts';
import type { Runtime } from '../call/runtime.ts';
import { unwrapped } from '../options/unwrapped.ts';
import type { AskedWith } from './asked-with.ts';
import { headersGiven } from './headers-given.ts';
import { KyFacedCall } from './ky-faced-call.ts';
import { isOptionError, refusedCall } from './refused-call.ts';

/**
 * One call through ky's face: ky builds the request, the pipeline sends it, and the promise rejects with typed errors.
 */
export function callWithKy(runtime: Runtime, base: KyBase, input: Input, asked: AskedWith): ResponsePromise {
  const { own, forKy } = asked;
  const retry = mergedRetry(own?.retry, runtime.resolved.retry) as KyOptions['retry'];
  const given = headersGiven(unwrapped(forKy.headers).value, unwrapped(base.defaults.headers).value);
  let call: KyFacedCall | undefined;
  try {
    const ofKy = callThroughKy(base, input, retry === undefined ? forKy : { ...forKy, retry }, (kyCall) => {
      call = new KyFacedCall({ runtime, input, asked, retry, headersGiven: given }, kyCall);
      return call;
    });
    return (call as KyFacedCall).promise(ofKy);
  } catch (error) {
    // A request that the platform can't make, such as a GET with a body, is refused at once, as ky does.
    call?.abandon();
    if (isOptionError(error)) return refusedCall(error);
    throw error;
  }
}
