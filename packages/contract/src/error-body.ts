/** "All errors return JSON with a single error field." */
export interface ErrorBody {
  readonly error: string;
}

/** The body of every error: one field, one sentence. */
export function errorBody(message: string): ErrorBody {
  return { error: message };
}

/** The sentence in a received error body, or `undefined` when the body is not the envelope (a proxy's HTML page, say). */
export function readErrorMessage(text: string): string | undefined {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== 'object' || body === null || !('error' in body)) return undefined;
    return typeof body.error === 'string' && body.error !== '' ? body.error : undefined;
  } catch {
    return undefined;
  }
}
