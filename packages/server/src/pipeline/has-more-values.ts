/** Whether a value of JSON has more than `most` values, arrays and objects included. Looks at few more of them than that. */
export function hasMoreValues(root: unknown, most: number): boolean {
  const unseen: unknown[] = [root];
  let count = 1;
  while (unseen.length > 0) {
    const value = unseen.pop();
    if (typeof value !== 'object' || value === null) continue;
    const inner = Object.values(value);
    count += inner.length;
    if (count > most) return true;
    unseen.push(...inner);
  }
  return false;
}
