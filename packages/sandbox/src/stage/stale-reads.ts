import type { CapturedAnswer } from './execute.ts';

/** Targets whose answers are remembered, and different answers of each. */
const MOST_TARGETS = 500;
const MOST_ANSWERS = 8;

/** Earlier answers to reads. */
export interface StaleReads {
  /** Remembers an answer to a read of `target` by this credential. */
  note(credential: string, target: string, answer: CapturedAnswer): void;
  /** The newest answer that differs from `current`; `current` where there is none. */
  before(credential: string, target: string, current: CapturedAnswer): CapturedAnswer;
  forget(): void;
}

/** Makes {@link StaleReads} that remember nothing yet. */
export function createStaleReads(): StaleReads {
  const answers = new Map<string, CapturedAnswer[]>();
  const keyOf = (credential: string, target: string) => `${credential} ${target}`;
  return {
    note(credential, target, answer) {
      if (answer.status !== 200) return;
      const key = keyOf(credential, target);
      const kept = answers.get(key) ?? [];
      if (kept.at(-1)?.body.equals(answer.body)) return;
      answers.delete(key);
      answers.set(key, [...kept, answer].slice(-MOST_ANSWERS));
      const [oldest] = answers.keys();
      if (answers.size > MOST_TARGETS && oldest !== undefined) answers.delete(oldest);
    },
    before(credential, target, current) {
      return answers.get(keyOf(credential, target))?.findLast(({ body }) => !body.equals(current.body)) ?? current;
    },
    forget: () => answers.clear(),
  };
}
