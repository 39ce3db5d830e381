/** The code of an error of the file system (errno(3)), like `ENOSPC`; `unknown` for any other error. */
export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? 'unknown';
}
