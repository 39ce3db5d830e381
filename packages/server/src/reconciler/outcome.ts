/** How one step went: look again after a while, nothing left to do, or it could not be done now. */
export type StepOutcome =
  | { readonly outcome: 'again'; readonly afterMs: number }
  | { readonly outcome: 'done' }
  | {
      readonly outcome: 'failed';
      /** The step, for the log. */
      readonly what: string;
      readonly error: unknown;
      /** However long the backoff is, something has to be decided by then. */
      readonly notLaterThanMs?: number;
    };
