import { originOf } from '../platform/origin.ts';

/** May credentials be sent to this URL? */
export function mayGoTo(url: string, origins: readonly string[]): boolean {
  return origins.includes('*') || origins.includes(originOf(url));
}

/** Does the client put its own on this request? A header that the caller set takes precedence. */
export function putsOn(request: Request, header: string, origins: readonly string[]): boolean {
  return mayGoTo(request.url, origins) && !request.headers.has(header);
}
