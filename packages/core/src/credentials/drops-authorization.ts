interface Platform {
  readonly document?: unknown;
  readonly WorkerGlobalScope?: unknown;
  readonly navigator?: { readonly userAgent?: string };
  readonly process?: { readonly versions?: Readonly<Record<string, string | undefined>> };
}

/**
 * Does the platform's fetch drop `Authorization` when a redirect leaves the origin, in every version that may be met? The
 * standard says so since 2022. Node and browsers do it. Deno did not before 2.1, nor Bun before 1.1, nor does Cloudflare's
 * runtime with a compatibility date before September 2025.
 *
 * @see Fetch standard, "HTTP-redirect fetch", step 13
 */
export function dropsAuthorization(platform: Platform = globalThis as Platform): boolean {
  const { versions } = platform.process ?? {};
  if (platform.navigator?.userAgent === 'Cloudflare-Workers') return false;
  if (versions?.['bun'] !== undefined || versions?.['deno'] !== undefined) return false;
  return (
    versions?.['node'] !== undefined || platform.document !== undefined || platform.WorkerGlobalScope !== undefined
  );
}
