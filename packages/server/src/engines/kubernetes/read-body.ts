import type { IncomingMessage } from 'node:http';
import { ConnectionError } from './kubernetes-error.ts';

/** The longest answer that is read at once: a page of 500 objects of the usual size is 2 to 5 MB. In bytes. */
const MOST_BODY_BYTES = 32 * 1024 * 1024;
/** The longest event of a watch; etcd refuses objects above 1.5 MiB. In bytes. */
const MOST_LINE_BYTES = 8 * 1024 * 1024;

/** The whole body as text. Rejects with a {@link ConnectionError} where it is too long or breaks off. */
export async function readBody(response: IncomingMessage, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      length += chunk.byteLength;
      if (length > MOST_BODY_BYTES) throw new ConnectionError('unreadable', `The API server sent more than ${MOST_BODY_BYTES} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw brokenOff(error, signal);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The lines of a body that does not end, each parsed as JSON. Ends where the server closes between two lines. */
export async function* readLines(response: IncomingMessage, signal: AbortSignal): AsyncGenerator<unknown> {
  let rest: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      let from = 0;
      for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
        rest.push(chunk.subarray(from, end));
        yield parseJson(Buffer.concat(rest).toString('utf8'));
        rest = [];
        length = 0;
        from = end + 1;
      }
      if (from < chunk.byteLength) rest.push(chunk.subarray(from));
      length += chunk.byteLength - from;
      if (length > MOST_LINE_BYTES)
        throw new ConnectionError('unreadable', `The API server sent a line of more than ${MOST_LINE_BYTES} bytes`);
    }
  } catch (error) {
    throw brokenOff(error, signal);
  }
}

/** Parses an answer of an API server. Throws a {@link ConnectionError} where it is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConnectionError('unreadable', `The API server answered with something that is not JSON: ${text.slice(0, 100)}`, {
      cause: error,
    });
  }
}

function brokenOff(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof ConnectionError) return error;
  const { message } = error as Error;
  return new ConnectionError('no-answer', `The answer of the API server broke off: ${message}`, { cause: error });
}
