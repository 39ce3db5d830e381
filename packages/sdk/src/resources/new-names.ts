/** More names than this are not remembered; then a wait for an old one no longer tolerates its absence. */
const MOST_REMEMBERED = 10_000;

/**
 * Names of resources that this client has created and that nobody has seen yet: a 404 on one of them may be a create that has not
 * finished, while something that was seen or deleted is gone. "Fix the path or wait for async creation."
 */
export interface NewNames {
  add(name: string): void;
  has(name: string): boolean;
  /** `answer`; once it is there, the name is no longer new. */
  seen<T>(name: string, answer: Promise<T>): Promise<T>;
}

export function createNewNames(): NewNames {
  const names = new Set<string>();
  return {
    add(name) {
      if (names.size >= MOST_REMEMBERED) names.clear();
      names.add(name);
    },
    has: (name) => names.has(name),
    async seen(name, answer) {
      const there = await answer;
      names.delete(name);
      return there;
    },
  };
}
