import { ignore, isResponse, letGoOfBody, type RequestBody } from '@holdfast/core/internal';
import type { KyPort } from './ky-port.ts';

/**
 * Sends through the port. What is left of a stream at the end is cancelled, as fetch does it: a call may be refused or
 * aborted before anything is sent, or answered without sending.
 */
export function sendThrough(port: KyPort, request: Request, init: RequestInit, body: RequestBody): Promise<Response> {
  const mayBeStream = body.kind === 'oneShot' || body.kind === 'request';
  return mayBeStream ? sendStream(port, request, init, body) : port.send(request, init, body);
}

async function sendStream(port: KyPort, request: Request, init: RequestInit, body: RequestBody): Promise<Response> {
  let failure: unknown;
  try {
    return await port.send(request, init, body);
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    letGoOfBody(request, failure);
  }
}

/**
 * Runs a hook before the request is sent: if it throws or answers, the request is not sent, and a stream is cancelled.
 * Any other body can still be read by `beforeError` hooks.
 */
export async function unlessSent<T>(request: Request, body: RequestBody, hook: () => Promise<T>): Promise<T> {
  const release = body.kind === 'oneShot' ? letGoOfBody : ignore;
  try {
    const given = await hook();
    if (isResponse(given)) release(request);
    return given;
  } catch (error) {
    release(request, error);
    throw error;
  }
}
