import type { Command } from '../command.ts';
import { apiKeyCreate } from './apikey/create.ts';
import { apiKeyDelete } from './apikey/delete.ts';
import { apiKeyList } from './apikey/list.ts';
import { clusterCreate } from './cluster/create.ts';
import { clusterDelete } from './cluster/delete.ts';
import { clusterGet } from './cluster/get.ts';
import { clusterKubeconfig } from './cluster/kubeconfig.ts';
import { clusterList } from './cluster/list.ts';
import { clusterUpdate } from './cluster/update.ts';
import { clusterWait } from './cluster/wait.ts';
import { planGet } from './plan/get.ts';
import { planList } from './plan/list.ts';
import { tenantGet } from './tenant/get.ts';
import { up } from './up.ts';
import { version } from './version.ts';

/** What each noun is about. */
export const NOUNS: Readonly<Record<string, string>> = {
  cluster: 'Create, look at, change, delete and use clusters.',
  apikey: 'Issue and revoke API keys.',
  tenant: 'Look at the tenant.',
  plan: 'Look at the plans a tenant can have.',
};

/** Every command, in the order of help and reference. */
export const COMMANDS: readonly Command[] = [
  up,
  clusterList,
  clusterGet,
  clusterCreate,
  clusterUpdate,
  clusterDelete,
  clusterKubeconfig,
  clusterWait,
  apiKeyList,
  apiKeyCreate,
  apiKeyDelete,
  tenantGet,
  planList,
  planGet,
  version,
];
