/** An item of a stream that reports a failure of the server, as an answer with an error status. */
export function failureResponse(original: Response, text: string, status: number): Response {
  const headers = new Headers(original.headers);
  for (const name of ['content-length', 'content-encoding', 'transfer-encoding']) headers.delete(name);
  headers.set('content-type', /^\s*[[{]/.test(text) ? 'application/json' : 'text/plain');
  const response = new Response(text, { status, headers });
  Object.defineProperty(response, 'url', { value: original.url, configurable: true });
  return response;
}
