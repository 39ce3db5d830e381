/** What becomes of leased work: due again after a delay, nothing left to do, or a failure that the backoff delays. */
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

/** The outcome of one step; `stepped` where the next one may follow under the same lease. */
export type StepResult = StepOutcome | { readonly outcome: 'stepped' };

/** The step was done, and the lease held. */
export const STEPPED: StepResult = { outcome: 'stepped' };

/** Due again without a delay, under a new lease. */
export const AT_ONCE: StepOutcome = { outcome: 'again', afterMs: 0 };
