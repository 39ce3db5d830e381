import pino from 'pino';
import type { LogLevel } from './config/config.ts';
import type { Log } from './log.ts';

/** JSON lines on stderr. The names below are masked wherever they appear, as a second line of defence: nothing should log them. */
export function createJsonLog(level: LogLevel): Log {
  const masked = ['authorization', 'key', 'keyHash', 'credential', 'token', 'password', 'secret'];
  return pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: masked.flatMap((name) => [name, `*.${name}`]), censor: '[masked]' },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
