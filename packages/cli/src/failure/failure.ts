import { EXIT, type ExitCode } from '../exit-codes.ts';

/** A command worth running after a failure, and why. */
export interface NextStep {
  readonly run: string;
  readonly why: string;
}

/** Whether the request that failed took effect, as far as the client can tell. */
export type Outcome = 'not-applied' | 'applied' | 'unknown';

/** The fields of a failure that `-o json` prints. */
export interface FailureDetails {
  /** A stable word for programs, e.g. `not-found`. */
  readonly code: string;
  readonly exit: ExitCode;
  readonly status?: number | undefined;
  readonly requestId?: string | undefined;
  readonly attempts?: number | undefined;
  readonly outcome?: Outcome | undefined;
  readonly next?: readonly NextStep[] | undefined;
  /** The fields that another client changed meanwhile, too. */
  readonly conflicts?:
    | readonly { readonly field: string; readonly base: unknown; readonly theirs: unknown; readonly yours: unknown }[]
    | undefined;
}

/** The end of a command that did not do what was asked: one sentence, an exit code, and what to run next. */
export class Failure extends Error {
  readonly details: FailureDetails;

  constructor(sentence: string, details: FailureDetails) {
    super(sentence);
    this.name = 'Failure';
    this.details = details;
  }
}

/** Wrong usage: nothing was sent. */
export function misuse(sentence: string, ...next: NextStep[]): Failure {
  return new Failure(sentence, { code: 'usage', exit: EXIT.misuse, outcome: 'not-applied', next });
}
