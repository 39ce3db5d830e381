/** The environment of the process; no other file reads it. */
export function processEnvironment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}
