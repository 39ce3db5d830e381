/** How it is with one part of the installation. */
export interface Finding {
  /** What was looked at: `disk`, `store`. */
  readonly check: string;
  readonly state: 'ok' | 'warn' | 'fail';
  /** One sentence about what is so. */
  readonly message: string;
  /** What to do about it; absent where nothing is to be done. */
  readonly remedy?: string;
}

/** It is as it should be. */
export const ok = (check: string, message: string): Finding => ({ check, state: 'ok', message });
/** It works, and should be different. */
export const warn = (check: string, message: string, remedy: string): Finding => ({ check, state: 'warn', message, remedy });
/** It does not work. */
export const fail = (check: string, message: string, remedy: string): Finding => ({ check, state: 'fail', message, remedy });

/** What an error says, less the full stop at its end, for a sentence that goes on. */
export function sentenceOf(error: unknown): string {
  const { message } = error instanceof AggregateError ? (error.errors[0] as Error) : (error as Error);
  return String(message || error).replace(/\.$/, '');
}
