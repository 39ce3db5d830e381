/** The exit codes, which scripts branch on. They are those of the existing clients of this API, and 143 by the shell's own rule. */
export const EXIT_CODES = [
  { code: 0, name: 'done', meaning: 'Done.', again: '' },
  {
    code: 1,
    name: 'failed',
    meaning: 'The server failed (500), the cluster is degraded, a file or the output could not be written; or `diff` found a difference.',
    again: 'later; quote the request id if it persists',
  },
  { code: 2, name: 'misuse', meaning: 'Wrong usage, or an invalid request (400).', again: 'no, fix the command' },
  {
    code: 3,
    name: 'refused',
    meaning: 'No credential, or one that is not valid (401) or not allowed (403).',
    again: 'no, use another key',
  },
  { code: 4, name: 'missing', meaning: 'Not found (404).', again: 'no, fix the name or wait for the creation' },
  {
    code: 5,
    name: 'conflict',
    meaning: 'It already exists (409), or someone else changed it (412).',
    again: 'after looking at what is there',
  },
  { code: 6, name: 'rate-limited', meaning: 'Rate limited (429) for longer than a command waits.', again: 'after the printed time' },
  { code: 7, name: 'unavailable', meaning: 'The server is not available (503) or cannot be reached.', again: 'later' },
  { code: 8, name: 'wait-timeout', meaning: 'The wait ran out of time; the work goes on.', again: 'with `cluster wait`' },
  { code: 130, name: 'interrupted', meaning: 'Interrupted (Ctrl-C); work that was started goes on.', again: 'with the printed command' },
  { code: 143, name: 'terminated', meaning: 'Terminated by a signal; work that was started goes on.', again: 'with the printed command' },
] as const;

/** One of {@link EXIT_CODES}. */
export type ExitCode = (typeof EXIT_CODES)[number]['code'];

/** The exit codes by name. */
export const EXIT = Object.fromEntries(EXIT_CODES.map((row) => [row.name, row.code])) as {
  [Row in (typeof EXIT_CODES)[number] as Row['name']]: Row['code'];
};

/**
 * The exit code for a status that ended a command. Total: a client error outside the status table means what 400 means, a gateway's own
 * error (502, 504) what 503 means, and anything else is a failure of the server.
 */
export function exitCodeForStatus(status: number): ExitCode {
  switch (status) {
    case 401:
    case 403:
      return EXIT.refused;
    case 404:
      return EXIT.missing;
    case 409:
    case 412:
      return EXIT.conflict;
    case 429:
      return EXIT['rate-limited'];
    case 502:
    case 503:
    case 504:
      return EXIT.unavailable;
    default:
      return status >= 400 && status < 500 ? EXIT.misuse : EXIT.failed;
  }
}
