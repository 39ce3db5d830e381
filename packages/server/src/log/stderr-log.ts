import pino from 'pino';
import type { LogLevel } from '../config/config.ts';
import type { Log } from './log.ts';
import { terminalLine } from './terminal-line.ts';

/** Names of fields that would hold a credential. `key` is not one of them: it names resources, as in "cluster/demo/one". */
const MASKED_FIELDS = ['authorization', 'cookie', 'apiKey', 'keyHash', 'credential', 'token', 'password', 'secret', 'pepper'];

/** Patterns of credentials anywhere in a line: also in a message, a path or the text of an error. */
const MASKED_TEXTS: readonly (readonly [pattern: RegExp, instead: string])[] = [
  // An API key; its id says which one it was.
  [/kupe_([0-9a-f]{8})_[A-Za-z0-9_-]{43,}/g, 'kupe_$1_[masked]'],
  // A JSON Web Token, or the first two parts of one.
  [/\beyJ[A-Za-z0-9_-]+\.eyJ[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*)?/g, '[masked]'],
  // What follows the scheme in an Authorization header.
  [/\b(Bearer|Basic) [A-Za-z0-9._~+/=-]{8,}/gi, '$1 [masked]'],
  // User name and password in an address.
  [/:\/\/[^\s/"?#@\\]+@/g, '://[masked]@'],
];

/** Masks every text in the form of a credential. The line stays JSON: no pattern matches a quote or a backslash. */
export function maskLine(line: string): string {
  return MASKED_TEXTS.reduce((text, [pattern, instead]) => text.replace(pattern, instead), line);
}

/** A log whose level can be changed. */
export interface StderrLog extends Log {
  setLevel(level: LogLevel): void;
}

/**
 * Makes a log on stderr: lines of JSON, or lines for people where that is a terminal. Credentials are masked by field name and by form, as a
 * second line of defence: nothing should log them.
 */
export function createStderrLog(level: LogLevel, isTerminal: boolean = process.stderr.isTTY): StderrLog {
  const write = isTerminal ? (line: string) => terminalLine(maskLine(line)) : maskLine;
  const log = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: MASKED_FIELDS.flatMap((name) => [name, `*.${name}`]), censor: '[masked]' },
      hooks: { streamWrite: write },
    },
    pino.destination({ dest: 2, sync: true }),
  );
  return Object.assign(log, {
    setLevel(next: LogLevel) {
      log.level = next;
    },
  });
}
