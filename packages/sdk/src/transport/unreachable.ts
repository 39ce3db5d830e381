import { NoAnswer } from './transport.ts';

const CERTIFICATE = /CERT|LEAF_SIGNATURE|HOSTNAME_MISMATCH/;
/** What TLS makes of an answer that is no handshake, and of one that it cannot agree with. */
const NO_TLS = /^(EPROTO$|ERR_SSL_)/;

/** Why the same would happen again, and what to do about it; absent for what may pass. */
function remedy(code: string): string | undefined {
  if (CERTIFICATE.test(code))
    return `has a certificate that is not trusted (${code}); check the host, or trust its CA (NODE_EXTRA_CA_CERTS, the option ca, --ca-file of the CLI)`;
  if (NO_TLS.test(code))
    return `does not speak TLS as it is spoken here (${code}); check the port, or give an http:// address if it is plain`;
  return code === 'ENOTFOUND' ? `has a name that does not exist (${code}); check its spelling` : undefined;
}

/**
 * What a transport throws when it is certain that nothing was sent. `peer` is what was to be reached, e.g. `server at https://host`, and
 * `code` says why not in the words of the runtime; `aborted` is the time that was over before there was a connection.
 */
export function unreachable(peer: string, code: string, cause: unknown): NoAnswer {
  const final = remedy(code);
  if (final) return new NoAnswer('cannot-connect', `The ${peer} ${final}`, cause);
  const sentence = code === 'aborted' ? `There was no connection to the ${peer} in time` : `The ${peer} could not be reached (${code})`;
  return new NoAnswer('unreachable', sentence, cause);
}

/** Statuses of a proxy that may pass: what it was to connect to did not answer it. */
const MAY_PASS = [500, 502, 503, 504];

/** What a transport throws when a proxy answers something else than 2xx instead of passing on to the server. */
export function proxyRefused(proxyOrigin: string, status: number): NoAnswer {
  const sentence =
    status === 407 || status === 401
      ? `The proxy at ${proxyOrigin} asks for credentials (${status}); give a user and a password that it knows in its URL`
      : `The proxy at ${proxyOrigin} answered ${status} instead of connecting to the server; check that it may reach it`;
  return new NoAnswer(MAY_PASS.includes(status) ? 'unreachable' : 'cannot-connect', sentence);
}
