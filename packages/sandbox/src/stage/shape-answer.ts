import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { Fault } from '../faults/fault-table.ts';
import type { CapturedAnswer } from './execute.ts';

const CODINGS = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync };

function withBody({ status, headers }: CapturedAnswer, body: Buffer, further: Record<string, string>): CapturedAnswer {
  return { status, headers: { ...headers, 'content-length': String(body.length), ...further }, body };
}

/** The answer after the faults that change its bytes, in the order in which they are given. */
export function shapeAnswer(answer: CapturedAnswer, faults: readonly Fault[]): CapturedAnswer {
  let shaped = answer;
  for (const fault of faults) {
    // An answer without a body has no type and no coding.
    if (shaped.body.length === 0) break;
    if (fault.kind === 'content-type')
      shaped = withBody(shaped, fault.body === '' ? shaped.body : Buffer.from(fault.body), { 'content-type': fault.type });
    if (fault.kind === 'compressed')
      shaped = withBody(shaped, CODINGS[fault.coding](shaped.body), { 'content-encoding': fault.coding, vary: 'Accept-Encoding' });
  }
  return shaped;
}

/** The header for a `retryAfter` of a rule: `date+30` is an HTTP date that many seconds after `nowMs`, real time. */
export function retryAfterHeader(text: string, nowMs: number): string {
  const dated = /^date([+-]\d{1,9})$/.exec(text);
  return dated ? new Date(nowMs + Number(dated[1]) * 1000).toUTCString() : text;
}

/** The answer of a `status` fault. */
export function refusal(
  fault: Extract<Fault, { kind: 'status' }>,
  { nowMs, requestId }: { nowMs: number; requestId: string },
): CapturedAnswer {
  const body = Buffer.from(`${JSON.stringify({ error: fault.error })}\n`);
  const retryAfter = fault.retryAfter === '' ? {} : { 'retry-after': retryAfterHeader(fault.retryAfter, nowMs) };
  return {
    status: fault.status,
    headers: { 'content-type': 'application/json', 'content-length': String(body.length), 'x-request-id': requestId, ...retryAfter },
    body,
  };
}
