const nullBodyStatuses = [101, 103, 204, 205, 304];

/** The same answer with another body. All else is as fetch gave it, its URL too, and so are its clones. */
export function responseWithBody(original: Response, given: NonNullable<RequestInit['body']>): Response {
  const { status, statusText, headers, url, redirected, type } = original;
  const body = nullBodyStatuses.includes(status) ? null : given;
  const allowed = status >= 200 && status <= 599;
  const response = new Response(body, { headers, ...(allowed ? { status } : {}) });
  return as(response, { url, redirected, type, statusText, ...(allowed ? {} : { status, ok: false }) });
}

function as(response: Response, facts: Readonly<Record<string, unknown>>): Response {
  const clone = (): Response => as(Response.prototype.clone.call(response), facts);
  for (const [key, value] of Object.entries({ ...facts, clone })) {
    Object.defineProperty(response, key, { value, configurable: true });
  }
  return response;
}
