import { NoAnswer } from './transport.ts';

const CERTIFICATE = /CERT|LEAF_SIGNATURE|HOSTNAME_MISMATCH/;

/**
 * What a transport throws when it is certain that nothing was sent. `code` says why in the words of the runtime, `peer` what was to be
 * reached.
 */
export function unreachable(code: string, cause: unknown, peer = 'server'): NoAnswer {
  const sentence = CERTIFICATE.test(code)
    ? `The ${peer === 'server' ? "server's certificate" : `certificate of the ${peer}`} is not trusted (${code}); check the host, or name the CA that signed it in NODE_EXTRA_CA_CERTS`
    : `The ${peer} could not be reached (${code})`;
  return new NoAnswer('unreachable', sentence, cause);
}

/** What a transport throws when a proxy answers something else than 2xx instead of passing on to the server. */
export function proxyRefused(proxyOrigin: string, status: number): NoAnswer {
  const sentence =
    status === 407
      ? `The proxy at ${proxyOrigin} asks for credentials (407); give a user and a password that it knows in its URL`
      : `The proxy at ${proxyOrigin} answered ${status} instead of connecting to the server; check that it may reach it`;
  return new NoAnswer('unreachable', sentence);
}
