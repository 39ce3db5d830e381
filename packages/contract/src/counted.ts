/** A count with its noun in the right number, for messages: `1 second`, `2 seconds`. The plural is the noun with an s. */
export function counted(count: number | string, noun: string): string {
  return `${count} ${noun}${Number(count) === 1 ? '' : 's'}`;
}
