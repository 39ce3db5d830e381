import { createHmac, timingSafeEqual } from 'node:crypto';

/** The credentials of API servers. Nothing is stored: they are as lasting as the secrets of the installation, from which they follow. */
export interface ClusterCredentials {
  /** `<uid>.<HMAC>`. */
  credentialFor(uid: string): string;
  /** The uid of the cluster whose credential this is; `undefined` where it is none of this installation. In constant time for a uid. */
  clusterOf(credential: string): string | undefined;
}

/** More than a credential has. */
const LONGEST_CREDENTIAL = 256;

/** Makes and recognises them. `pepper`: the secret of the installation, from which a key for this purpose alone is derived. */
export function createClusterCredentials(pepper: Uint8Array): ClusterCredentials {
  const key = createHmac('sha256', pepper).update('openkupe token review').digest();
  const macOf = (uid: string) => createHmac('sha256', key).update(uid).digest();
  return {
    credentialFor: (uid) => `${uid}.${macOf(uid).toString('base64url')}`,
    clusterOf(credential) {
      const [uid = '', mac = '', ...more] = credential.length > LONGEST_CREDENTIAL ? [] : credential.split('.');
      const given = Buffer.from(mac, 'base64url');
      const right = macOf(uid);
      return more.length === 0 && given.length === right.length && timingSafeEqual(given, right) ? uid : undefined;
    },
  };
}
