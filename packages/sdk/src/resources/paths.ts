/** A path below the host, each part percent-encoded. */
export function apiPath(...parts: readonly string[]): string {
  return `/api/v1/${parts.map(encodeURIComponent).join('/')}`;
}
