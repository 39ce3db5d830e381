/** What goes out for a request, whatever the HTTP library. */
export interface Reply {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The body of a long list, in place of `body`. */
  readonly bytes?: Uint8Array;
}
