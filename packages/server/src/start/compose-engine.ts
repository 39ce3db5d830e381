import type { AddressInfo } from 'node:net';
import { roleInTenant } from '../auth/role-in-tenant.ts';
import { verifyCredential } from '../auth/verify-credential.ts';
import type { Config } from '../config/config.ts';
import { readSecretFile } from '../config/database.ts';
import { SETTINGS } from '../config/settings.ts';
import type { ClusterEngine } from '../engines/engine.ts';
import type { TokenReviewAccess } from '../engines/token-review-access.ts';
import { createClusterCredentials } from '../token-review/cluster-credentials.ts';
import { createTokenReviewAccess, warnOfLoopback } from '../token-review/token-review-address.ts';
import type { Access } from './compose-access.ts';
import type { Data, Machine } from './compose-data.ts';
import { composeEngines } from './engines/compose.ts';
import { keepEngineChoice } from './engines/engine-choice.ts';

/** What API servers of clusters ask the server by, at the address that it listens at. */
export async function composeTokenReview(
  { tokenReview: { url, caFile }, engines }: Config,
  { secrets, log }: Data,
  listensAt: () => AddressInfo | string | null,
) {
  warnOfLoopback(url, Object.values(engines), log);
  const caPem = await readSecretFile(caFile, SETTINGS.tokenReviewCaFile.variable);
  return createTokenReviewAccess({ url, caPem, credentials: createClusterCredentials(secrets.pepper), listensAt });
}

/** The engines of the settings, once it is kept that they run the clusters of this installation. */
export async function composeEngine(
  config: Config,
  { clock, random }: Machine,
  { log, damage, folder, store, secrets }: Data,
  access: Access,
  tokenReview: TokenReviewAccess,
): Promise<ClusterEngine> {
  const { requirePlace } = store;
  await keepEngineChoice(store, config.engines, clock.now());
  const sandbox = {
    folder: folder.sandbox,
    store,
    key: secrets.answerKey,
    damage,
    requirePlace,
    clock,
    random,
    durations: config.durations,
    checkToken: async (credential: string, tenant: string, address: string) =>
      roleInTenant(await verifyCredential({ address, credential }, access), tenant, store),
  };
  const local = { folder: folder.localClusters, clock, random, log, damage, requirePlace };
  return composeEngines({ config, sandbox, local, tokenReview });
}
