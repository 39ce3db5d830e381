import pino from 'pino';
import type { LogLevel } from '../config/config.ts';
import type { Log } from './log.ts';

/** Fields that hold a credential, should one ever be logged. What names a thing, such as `key` for "cluster/demo/one", is not among them. */
const MASKED_FIELDS = ['authorization', 'cookie', 'apiKey', 'keyHash', 'credential', 'token', 'password', 'secret', 'pepper'];

/** What a credential is like, wherever in a line it stands: also in a message, a path or the text of an error. */
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

/** The line without anything that is like a credential. Stays JSON: no pattern takes a quote or a backslash. */
export function maskLine(line: string): string {
  return MASKED_TEXTS.reduce((text, [pattern, instead]) => text.replace(pattern, instead), line);
}

/**
 * JSON lines on stderr. What is listed above is masked as a second line of defence, by the name of a field and by what a text is like:
 * nothing should log it.
 */
export function createJsonLog(level: LogLevel): Log {
  return pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: MASKED_FIELDS.flatMap((name) => [name, `*.${name}`]), censor: '[masked]' },
      hooks: { streamWrite: maskLine },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
