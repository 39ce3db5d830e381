/** The outcome of one step: run again after a delay, nothing left to do, or a failure that the backoff delays. */
export type StepOutcome =
  | { readonly outcome: 'again'; readonly afterMs: number }
  | { readonly outcome: 'done' }
  | {
      readonly outcome: 'failed';
      /** The step, for the log. */
      readonly what: string;
      readonly error: unknown;
      /** Upper bound of the backoff: a deadline expires then. Milliseconds. */
      readonly notLaterThanMs?: number;
    };

/** Run the next step without a delay. */
export const AT_ONCE: StepOutcome = { outcome: 'again', afterMs: 0 };
