import type { AddressInfo } from 'node:net';
import { TOKEN_REVIEW_PATH, type TokenReviewAccess } from '../engines/token-review-access.ts';
import type { Log } from '../log/log.ts';
import type { ClusterCredentials } from './cluster-credentials.ts';

/** What {@link createTokenReviewAccess} needs. */
export interface TokenReviewAccessParts {
  /** Where API servers reach this control plane; `undefined`: on the same machine, at the port on which it listens. */
  readonly url: string | undefined;
  readonly caPem: string | undefined;
  readonly credentials: Pick<ClusterCredentials, 'credentialFor'>;
  /** Where the control plane listens, once it does. */
  readonly listensAt: () => AddressInfo | string | null;
}

/**
 * Warns where API servers on other machines would ask themselves, because 127.0.0.1 is another machine to them. Of the engine `vcluster` there are
 * none without an address: the settings are refused.
 */
export function warnOfLoopback(url: string | undefined, engines: readonly string[], log: Pick<Log, 'warn'>): void {
  if (url !== undefined || !engines.includes('cluster-api')) return;
  log.warn(
    { engines },
    'OPENKUPE_TOKEN_REVIEW_URL is empty, so clusters on other machines cannot ask about tokens and refuse them; set it',
  );
}

/** The access of API servers. @throws where its URL is asked for before the control plane listens. */
export function createTokenReviewAccess({ url, caPem, credentials, listensAt }: TokenReviewAccessParts): TokenReviewAccess {
  return {
    get url() {
      if (url !== undefined) return (url.endsWith('/') ? url.slice(0, -1) : url) + TOKEN_REVIEW_PATH;
      const at = listensAt();
      if (at === null || typeof at === 'string') throw new Error('The control plane does not listen yet, so API servers cannot reach it');
      return `http://127.0.0.1:${at.port}${TOKEN_REVIEW_PATH}`;
    },
    ...(caPem !== undefined && { caPem }),
    credentialFor: credentials.credentialFor,
  };
}
