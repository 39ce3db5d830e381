/** Counts answers by the class of their status, those of the pipeline and all others. */
export interface AnswerCount {
  readonly byClass: Readonly<Record<string, number>>;
  note(status: number): void;
}

/** Makes an {@link AnswerCount} of nothing yet. */
export function createAnswerCount(): AnswerCount {
  const byClass: Record<string, number> = { '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0 };
  return {
    byClass,
    note(status) {
      const name = `${Math.floor(status / 100)}xx`;
      byClass[name] = (byClass[name] ?? 0) + 1;
    },
  };
}
