import { parsedUrl } from '@holdfast/core/internal';
import type { Input, KyOptions } from '@holdfast/ky';
import type { CallTarget } from '../call/call-scope.ts';

/** The URL as ky would join it, for a call that fails before there is a request. */
export function targetOf(input: Input, { baseUrl, prefix, method }: Readonly<KyOptions>): CallTarget {
  if (input instanceof Request) return { method: method ?? input.method, url: input.url };
  const whole = prefix ? `${String(prefix).replace(/\/+$/, '')}/${String(input).replace(/^\/+/, '')}` : String(input);
  const url = parsedUrl(whole, baseUrl)?.href ?? whole;
  return { method: String(method ?? 'get').toUpperCase(), url };
}
