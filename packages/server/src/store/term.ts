/** The time during which one process alone, of all that are on the store, works on what is due. */
export interface Term {
  /** Aborts when the term has ended otherwise than by {@link end}: another process may work from then on. */
  readonly lost: AbortSignal;
  /** Lets another process begin its term. */
  end(): Promise<void>;
}

/** Waits until no other process has a term, and begins one, with every lease ended; `undefined` once the signal has aborted. */
export type BeginTerm = (signal: AbortSignal) => Promise<Term | undefined>;

/** Of a store that one process opens at a time: its term is the process. */
export const beginSoleTerm: BeginTerm = async () => ({ lost: new AbortController().signal, end: async () => {} });
