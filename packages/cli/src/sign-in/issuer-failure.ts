import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure/failure.ts';

/** Error codes that are about the issuer and not about the request: trying again may help. */
const PASSING = ['server_error', 'temporarily_unavailable'];
/** What could be a token or a code must not reach a terminal or a log. */
const SECRET_LIKE = /[\w.~+/-]{32,}/g;

interface OAuthError {
  readonly error: string;
  readonly error_description?: string;
  readonly status?: number;
}

/** The error response of an issuer (RFC 6749 §5.2), recognised by shape because the library is loaded on demand. */
export function oauthErrorOf(error: unknown): OAuthError | undefined {
  return error instanceof Error && typeof (error as Partial<OAuthError>).error === 'string' ? (error as unknown as OAuthError) : undefined;
}

function statusOf(error: unknown): number | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Response ? cause.status : undefined;
}

function described({ error, error_description: text = '' }: OAuthError): string {
  const description = text.replace(SECRET_LIKE, '…').slice(0, 200).replace(/\.$/, '');
  return description === '' ? error : `${error}: ${description}`;
}

/** The kinds of the transport's NoAnswer after which no response comes. */
const NO_ANSWER: readonly unknown[] = ['unreachable', 'cannot-connect', 'no-answer'];

/** Whether no response came: the transport's NoAnswer, recognised by shape, or a timeout. */
export function isNoAnswer(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { kind } = error as { kind?: unknown };
  return error.name === 'TimeoutError' || NO_ANSWER.includes(kind);
}

/**
 * An error of a request to an issuer as a failure: exit code 7 when it cannot be reached, 3 when it refuses, 2 when there is no issuer at
 * that address. Never contains a token or a code.
 */
export function issuerFailure(error: unknown, issuer: string): Failure {
  if (error instanceof Failure) return error;
  const refusal = oauthErrorOf(error);
  const status = refusal?.status ?? statusOf(error) ?? 0;
  if (isNoAnswer(error) && ((error as { kind?: unknown }).kind === 'cannot-connect' || /proxy/i.test((error as Error).message))) {
    const said = (error as Error).message.replace(/\.$/, '');
    return new Failure(`The issuer ${issuer} cannot be reached: ${said}.`, { code: 'issuer-unreachable', exit: EXIT.unavailable });
  }
  if (isNoAnswer(error)) {
    return new Failure(`The issuer ${issuer} cannot be reached; try again later.`, { code: 'issuer-unreachable', exit: EXIT.unavailable });
  }
  if (status >= 500 || status === 429 || (refusal && PASSING.includes(refusal.error))) {
    return new Failure(`The issuer ${issuer} is not available at the moment; try again later.`, {
      code: 'issuer-unavailable',
      exit: EXIT.unavailable,
    });
  }
  if (refusal) return new Failure(`The issuer ${issuer} refused: ${described(refusal)}.`, { code: 'issuer-refused', exit: EXIT.refused });
  if (status === 404) {
    return new Failure(`There is no OpenID issuer at ${issuer}; check the address.`, { code: 'no-issuer', exit: EXIT.misuse });
  }
  return new Failure(`The issuer ${issuer} gave an answer that cannot be used; check its address and its configuration.`, {
    code: 'issuer-unusable',
    exit: EXIT.failed,
  });
}
