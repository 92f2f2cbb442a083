/** An item that says that the server has failed, as the answer that it stands for. */
export function failureResponse(original: Response, text: string, status: number): Response {
  const headers = new Headers(original.headers);
  for (const name of ['content-length', 'content-encoding', 'transfer-encoding']) headers.delete(name);
  headers.set('content-type', /^\s*[[{]/.test(text) ? 'application/json' : 'text/plain');
  const response = new Response(text, { status, headers });
  Object.defineProperty(response, 'url', { value: original.url, configurable: true });
  return response;
}
