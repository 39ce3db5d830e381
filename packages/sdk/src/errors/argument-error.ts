/** An invalid argument of the caller; nothing was sent. A TypeError with a code, so that it can be distinguished from a defect. */
export class ArgumentError extends TypeError {
  readonly code = 'ERR_KUPE_ARGUMENT';
}
