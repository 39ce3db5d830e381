/** What a caller gave makes no sense, and nothing was sent. A TypeError that can be told from a defect by its code. */
export class ArgumentError extends TypeError {
  readonly code = 'ERR_KUPE_ARGUMENT';
}
