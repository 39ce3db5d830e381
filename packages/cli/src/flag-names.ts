/** `displayName` → `display-name`: how a flag of the table is written on the command line. */
export function longName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
