import { callThroughKy, type Input, type KyBase, type ResponsePromise } from '@holdfast/ky';
import type { Runtime } from '../call/runtime.ts';
import { unwrapped } from '../options/unwrapped.ts';
import type { AskedWith } from './asked-with.ts';
import { headersGiven } from './headers-given.ts';
import { KyFacedCall } from './ky-faced-call.ts';
import { isOptionError, refusedCall } from './refused-call.ts';

/** One call through ky's face: ky builds the request, the pipeline sends it, and the promise speaks in typed errors. */
export function callWithKy(runtime: Runtime, base: KyBase, input: Input, asked: AskedWith): ResponsePromise {
  const { forKy } = asked;
  const call = new KyFacedCall(runtime, input, asked);
  call.headersGiven = headersGiven(unwrapped(forKy.headers).value, unwrapped(base.defaults.headers).value);
  const { retry } = call;
  try {
    return call.promise(callThroughKy(base, input, retry === undefined ? forKy : { ...forKy, retry }, call));
  } catch (error) {
    // What the platform can't ask is refused at once, as ky does; such as a GET with a body.
    call.abandon();
    if (isOptionError(error)) return refusedCall(error);
    throw error;
  }
}
