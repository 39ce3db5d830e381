import { STATUS_TABLE, TRANSPORT_STATUS_TABLE } from '@openkupe/contract/status-table';
import type { KupeError } from '@openkupe/sdk';
import { EXIT, type ExitCode, exitCodeForStatus } from '../exit-codes.ts';
import { Failure, misuse, type NextStep } from './failure.ts';

const NAMES = new Map<number, string>([...STATUS_TABLE, ...TRANSPORT_STATUS_TABLE].map((row) => [row.status, row.name]));

/** Recognised by shape, so that a command that never spoke to a server need not load the client. */
function isKupeError(error: unknown): error is KupeError {
  return error instanceof Error && 'stopReason' in error && 'outcome' in error && Array.isArray((error as KupeError).attempts);
}

function classify(error: KupeError): { code: string; exit: ExitCode } {
  if (error.status !== undefined) {
    return { code: NAMES.get(error.status) ?? `status-${error.status}`, exit: exitCodeForStatus(error.status) };
  }
  if (error.name === 'TimeoutError') return { code: 'timeout', exit: EXIT.unavailable };
  if (error.name === 'ConnectionError') return { code: 'unreachable', exit: EXIT.unavailable };
  return { code: 'failed', exit: EXIT.failed };
}

function nextSteps(error: KupeError): NextStep[] {
  switch (error.status) {
    // NOTE: no command that sends the same credential again: it would fail as well, and failures raise the backoff of the address.
    case 401:
      return [{ run: 'openkupe auth login', why: 'signs in; or use another key, in KUPE_API_KEY or --token-file' }];
    case 403:
      return [{ run: 'openkupe context list', why: 'shows which logins there are; another may have the right' }];
    default:
      return [];
  }
}

/** What a server says of a field begins with its name, which is written as it is. */
const ABOUT_A_FIELD = /^[\w.[\]"]+ must\b/;

/** One sentence, with its full stop. */
function sentence(text: string): string {
  const trimmed = text.trim();
  const closed = /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
  return ABOUT_A_FIELD.test(closed) ? closed : closed.charAt(0).toUpperCase() + closed.slice(1);
}

/** Turns the error that ended a command into a {@link Failure}. An error of no known kind is a defect of this program: exit code 1. */
export function toFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof Error && 'code' in error && error.code === 'ERR_KUPE_ARGUMENT') return misuse(sentence(error.message));
  if (!isKupeError(error)) {
    const message = error instanceof Error ? error.message : String(error);
    return new Failure(`This is a defect of openkupe, please report it: ${sentence(message)}`, { code: 'defect', exit: EXIT.failed });
  }
  const retryAt = error.retryAt === undefined ? '' : ` Try again at ${error.retryAt.toISOString().slice(0, 19)}Z.`;
  return new Failure(sentence(error.message) + retryAt, {
    ...classify(error),
    status: error.status,
    requestId: error.requestId,
    attempts: error.attempts.length,
    outcome: error.outcome,
    next: nextSteps(error),
  });
}
