import type { KubernetesVersion } from '../engine.ts';
import type { TokenReviewAccess } from '../token-review-access.ts';
import { minorOf } from '../version-step.ts';
import type { Exposure, VclusterSettings } from './settings.ts';

/** The settings as an operator writes them. */
export interface GivenVclusterSettings {
  readonly versions: readonly string[];
  readonly endpoint: string;
  readonly storageClass: string;
}

/** The settings of this engine. Throws one sentence for the operator where one of them cannot be used. */
export function parseVclusterSettings(
  { versions, endpoint, storageClass }: GivenVclusterSettings,
  tokenReview?: TokenReviewAccess,
): VclusterSettings {
  return {
    versions: parseVersions(versions),
    exposure: parseExposure(endpoint),
    ...(storageClass === '' ? {} : { storageClass }),
    ...(tokenReview ? { tokenReview } : {}),
  };
}

/** The first with `apiserver.config.k8s.io/v1`, which tells API servers whom to ask. */
const OLDEST_MINOR = 32;

function parseVersions(given: readonly string[]): readonly KubernetesVersion[] {
  const versions = given.map((full) => {
    const minor = /^v(1\.\d+)\.\d+$/.exec(full)?.[1];
    if (!minor) throw new Error(`OPENKUPE_VCLUSTER_VERSIONS must list full versions such as v1.36.3, not "${full}"`);
    if (Number(minor.slice(2)) < OLDEST_MINOR) {
      throw new Error(`OPENKUPE_VCLUSTER_VERSIONS must list versions from v1.${OLDEST_MINOR} on, not "${full}"`);
    }
    return { minor, full };
  });
  const order = versions.map(({ minor }) => minorOf(minor));
  if (order.some((minor, at) => at > 0 && minor >= (order[at - 1] ?? 0))) {
    throw new Error('OPENKUPE_VCLUSTER_VERSIONS must list each minor version once, the newest first');
  }
  return versions;
}

function parseExposure(text: string): Exposure {
  const [by, where = '', more = ''] = text.split(':');
  const [namespace = '', name = ''] = more.split('/');
  if (text === 'load-balancer') return { by: 'load-balancer' };
  if (by === 'node-port' && where !== '' && more === '') return { by, host: where };
  if (by === 'ingress' && where !== '') return more === '' ? { by, domain: where } : { by, domain: where, className: more };
  if (by === 'tls-route' && where !== '' && namespace !== '' && name !== '') return { by, domain: where, gateway: { namespace, name } };
  throw new Error(
    'OPENKUPE_VCLUSTER_ENDPOINT must be load-balancer, node-port:HOST, ingress:DOMAIN, ingress:DOMAIN:CLASS or ' +
      `tls-route:DOMAIN:NAMESPACE/GATEWAY, not "${text}"`,
  );
}
