import { formatTime, LIMITS, SUGGESTED_WAITS } from '@openkupe/contract';
import { endOf } from '../../auth/api-key-authenticator.ts';
import type { Principal } from '../../auth/principal.ts';
import { conflict, unauthenticated, unavailable } from '../../errors/refusal.ts';
import type { Store } from '../../store/store.ts';
import { groupsOf, userNameOf } from '../../token-review/reviewed-user.ts';
import { defineHandler } from '../define-handler.ts';
import { loadCluster, requireReadable } from '../load.ts';

const base64 = (pem: string) => Buffer.from(pem).toString('base64');

/**
 * The latest end of a certificate, in epoch milliseconds: when the API key that asks ends. For a person it is an hour from now, because a cluster
 * has no way to learn that the issuer has withdrawn a group or an account.
 *
 * @throws a 401 where the key was deleted, or has ended, since it was verified.
 */
async function latestEnd({ kind, tenant, actor }: Principal, now: number, store: Pick<Store, 'get'>): Promise<number> {
  if (kind === 'oidc') return now + LIMITS.certificateSeconds * 1_000;
  const key = await store.get({ kind: 'api-key', tenant, name: actor });
  const end = key && endOf(key.spec);
  const endsAt = end === undefined ? Number.POSITIVE_INFINITY : Date.parse(end);
  if (!key || endsAt <= now) throw unauthenticated('invalid token: the API key has just ended or was deleted; use one that is valid');
  return endsAt;
}

/**
 * The user and the groups are those of the caller's token, so that the cluster treats both alike. It is in the audit, and in no event. A
 * validation issues nothing.
 */
export const clusterClientCertificate = defineHandler('clusters.client-certificate', {
  async load(call, { store, engine }) {
    const cluster = await loadCluster(store, call.params.tenant, call.params.name);
    requireReadable(cluster, engine);
    const { tenant, name, uid, spec } = cluster;
    const issuer = (await engine.certificateIssuer?.({ tenant, name, uid, type: spec.type })) ?? 'not-supported';
    return { cluster, issuer, latestEndsAt: await latestEnd(call.principal, call.now, store) };
  },
  decide(call, { cluster: { tenant, name }, issuer, latestEndsAt }) {
    if (issuer === 'not-supported')
      throw conflict(`The engine of cluster "${name}" issues no client certificates; sign in with a token`, 'no-client-certificates');
    if (issuer === 'not-ready') {
      const message = `Cluster "${name}" is not yet ready, so it has no certificates; retry with backoff`;
      throw unavailable(message, SUGGESTED_WAITS.clusterBecomingReadyMs, 'cluster-not-ready');
    }
    const lifetimeMs = (call.body.lifetimeSeconds ?? LIMITS.certificateSeconds) * 1_000;
    const endsAt = Math.min(call.now + lifetimeMs, latestEndsAt);
    const wanted = { user: userNameOf(call.principal), groups: groupsOf(call.principal.role, tenant), endsAt };
    const { certificatePem, privateKeyPem } = call.isValidation ? { certificatePem: '', privateKeyPem: '' } : issuer(wanted);
    const body = { certificate: base64(certificatePem), privateKey: base64(privateKeyPem), expiresAt: formatTime(endsAt) };
    return { target: `clusters/${name}`, writes: [], events: [], answer: { body } };
  },
});
