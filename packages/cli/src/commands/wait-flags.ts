import { on, parsed } from '../command.ts';
import { parseDuration } from '../settings/duration.ts';

/** The flags of every command that starts work and waits for it. */
export const WAIT_FLAGS = {
  noWait: on('Return as soon as the server has accepted it.'),
  timeout: parsed('duration', 'How long to wait at most, like 30m; 0 checks once. The work goes on either way.', parseDuration),
} as const;
