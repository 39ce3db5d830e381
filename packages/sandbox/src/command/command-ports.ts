/** What the command gets of its process. */
export interface CommandPorts {
  readonly env: Readonly<Record<string, string | undefined>>;
  say(text: string): void;
  complain(text: string): void;
}
