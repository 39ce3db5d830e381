/** Port: structured log lines for the operator. Fields never hold a credential. */
export interface Log {
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

/** The fields of a log line, serialised as JSON. */
export type LogFields = Readonly<Record<string, unknown>>;
