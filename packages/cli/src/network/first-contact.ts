import type { Transport } from '@openkupe/sdk';

/** The pauses before the second and the third try are one and two seconds at most. */
const MOST_TRIES = 3;

/** An error that says that nothing was sent and that trying again may help, as the SDK's transports throw it. */
function isUnreachable(error: unknown): error is Error {
  return error instanceof Error && 'kind' in error && error.kind === 'unreachable';
}

/**
 * A transport that stops retrying a server that could not be reached three times and never was: the address is likely wrong, and the user
 * should know within 3 s of refused connections. A server that has answered once may restart, and is retried as the SDK does it.
 * `giveUp` makes the error that is not tried again.
 */
export function untilFirstContact(transport: Transport, giveUp: (reason: Error) => Error): Transport {
  let hasAnswered = false;
  let tries = 0;
  return {
    ...transport,
    async send(request) {
      try {
        const response = await transport.send(request);
        hasAnswered = true;
        return response;
      } catch (error) {
        if (hasAnswered || !isUnreachable(error)) throw error;
        tries += 1;
        throw tries < MOST_TRIES ? error : giveUp(error);
      }
    },
  };
}
