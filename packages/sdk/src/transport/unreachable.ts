import { NoAnswer } from './transport.ts';

const CERTIFICATE = /CERT|LEAF_SIGNATURE|HOSTNAME_MISMATCH/;

/** What a transport throws when it is certain that nothing was sent. `code` says why in the words of the runtime. */
export function unreachable(code: string, cause: unknown): NoAnswer {
  const sentence = CERTIFICATE.test(code)
    ? `The server's certificate is not trusted (${code}); check the host, or name the CA that signed it in NODE_EXTRA_CA_CERTS`
    : `The server could not be reached (${code})`;
  return new NoAnswer('unreachable', sentence, cause);
}
