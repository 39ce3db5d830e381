import { DatabaseError } from 'pg';
import { type DatabaseAddress, placeOf, type ServerAddress } from '../database-address.ts';
import { DatabaseNotUsableError } from '../open-errors.ts';
import { NoPrimaryError, OtherDataError, StandbyError } from './primary.ts';

const URL = 'OPENKUPE_DATABASE_URL';
/** Node and OpenSSL name why a certificate was refused (https://nodejs.org/api/tls.html#x509-certificate-error-codes). */
const UNTRUSTED = /^(UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|CERT_(?!HAS_EXPIRED)|ERR_TLS_CERT)/;
const HAS_NO_HOST = ['ENOTFOUND', 'EAI_AGAIN'];
const CANNOT_REACH = ['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'ENOENT', 'EPIPE'];

type Sentence = (address: DatabaseAddress, place: string) => string;

/** What to say for an SQLSTATE of PostgreSQL. */
const BY_STATE: Readonly<Record<string, Sentence>> = {
  '28P01': ({ user }, place) =>
    `PostgreSQL at ${place} refuses the password of user "${user}"; correct OPENKUPE_DATABASE_PASSWORD_FILE or ${URL}`,
  '28000': ({ user, database }, place) =>
    `PostgreSQL at ${place} does not let user "${user}" into database "${database}"; correct ${URL}, or the role and its line in pg_hba.conf`,
  '3D000': ({ user, database }, place) =>
    `PostgreSQL at ${place} has no database "${database}"; make it with: createdb --owner ${user} ${database}`,
  '42501': ({ user, database }) =>
    `User "${user}" may not make or use the tables of the control plane in database "${database}"; let it own the database: ALTER DATABASE "${database}" OWNER TO "${user}"`,
  '57P03': (_, place) => `PostgreSQL at ${place} is starting or stopping; start again when it answers`,
  '53300': (_, place) => `PostgreSQL at ${place} has no connection left; raise its max_connections, or end what holds them`,
  '55P03': (_, place) => `Another process holds a lock on the database at ${place}; end it and start again`,
};

/** What to say for an error of the network, of TLS or of a standby, by its code or message. */
function ofConnection(error: Error, { host }: ServerAddress, place: string): string | undefined {
  const code = String((error as NodeJS.ErrnoException).code ?? '');
  if (error instanceof StandbyError) return `PostgreSQL at ${place} only reads, as a standby does; name the primary in ${URL}`;
  if (error instanceof OtherDataError)
    return `The servers in ${URL} are no copies of each other (${error.message}); name those of one primary`;
  if (HAS_NO_HOST.includes(code)) return `The database host "${host}" is not known; correct ${URL}`;
  if (/does not support SSL/.test(error.message))
    return `PostgreSQL at ${place} offers no TLS; turn it on there, or add ?sslmode=disable to ${URL} where the network is yours alone`;
  if (UNTRUSTED.test(code))
    return `The certificate of PostgreSQL at ${place} is not trusted for "${host}" (${code}); name its CA in OPENKUPE_DATABASE_CA_FILE, or correct the host in ${URL}`;
  if (code === 'CERT_HAS_EXPIRED') return `The certificate of PostgreSQL at ${place} has expired; renew it`;
  const isTimeout = /timeout/i.test(error.message);
  if (CANNOT_REACH.includes(code) || isTimeout || /terminated/.test(error.message))
    return `No PostgreSQL answers at ${place} (${code || error.message}); start it, or correct ${URL}`;
  return /password must be a string/i.test(error.message)
    ? `PostgreSQL at ${place} wants a password; give it in OPENKUPE_DATABASE_PASSWORD_FILE`
    : undefined;
}

function sentenceFor(error: Error, address: DatabaseAddress, server: ServerAddress): string | undefined {
  const place = placeOf(server);
  return error instanceof DatabaseError ? BY_STATE[error.code ?? '']?.(address, place) : ofConnection(error, server, place);
}

/**
 * An error of the first use of the database as what an operator can act upon; any other as it is. No sentence holds the password. `server`: where
 * it happened, if it does not say itself.
 */
export function explainOpen(error: unknown, address: DatabaseAddress, server: ServerAddress): unknown {
  if (!(error instanceof Error)) return error;
  const failures = error instanceof NoPrimaryError ? error.failures : [{ server, error }];
  const sentences = failures.flatMap((failure) => sentenceFor(failure.error, address, failure.server) ?? []);
  return sentences.length === 0 ? error : new DatabaseNotUsableError(sentences.join('; '), { cause: error });
}
