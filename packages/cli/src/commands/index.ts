import type { Command } from '../command.ts';
import { alertmanagerGet, alertmanagerPut } from './alertmanager/config.ts';
import { globalGet, globalPut } from './alertmanager/global.ts';
import { receiverDelete, receiverGet, receiverList, receiverPut } from './alertmanager/receiver.ts';
import { routeDelete, routeGet, routeList, routePut } from './alertmanager/route.ts';
import { apiKeyCreate } from './apikey/create.ts';
import { apiKeyDelete } from './apikey/delete.ts';
import { apiKeyGet } from './apikey/get.ts';
import { apiKeyList } from './apikey/list.ts';
import { apiKeyRotate } from './apikey/rotate.ts';
import { apiKeyUpdate } from './apikey/update.ts';
import { apply } from './apply.ts';
import { auditExport } from './audit/export.ts';
import { auditList } from './audit/list.ts';
import { authGetToken } from './auth/get-token.ts';
import { authLogin } from './auth/login.ts';
import { authLogout } from './auth/logout.ts';
import { authWhoami } from './auth/whoami.ts';
import { clusterConnect } from './cluster/connect.ts';
import { clusterCreate } from './cluster/create.ts';
import { clusterDelete } from './cluster/delete.ts';
import { clusterExplain } from './cluster/explain.ts';
import { clusterGet } from './cluster/get.ts';
import { clusterKubeconfig } from './cluster/kubeconfig.ts';
import { clusterList } from './cluster/list.ts';
import { clusterUpdate } from './cluster/update.ts';
import { clusterWait } from './cluster/wait.ts';
import { completion } from './completion.ts';
import { contextList, contextRename, contextShow, contextUse } from './context/contexts.ts';
import { diff } from './diff.ts';
import { edit } from './edit.ts';
import { eventList } from './event/list.ts';
import { invoiceGet, invoiceList } from './invoice/read.ts';
import { limitGet } from './limit/get.ts';
import { memberCreate, memberDelete, memberList, memberUpdate } from './member/members.ts';
import { operatorAudit } from './operator/audit.ts';
import { operatorBillingClock, operatorBillingConfirmClock, operatorBillingReopen } from './operator/billing.ts';
import { operatorKeyIssue, operatorKeyRevoke } from './operator/key.ts';
import { operatorLimitsForgive, operatorLimitsShow } from './operator/limits.ts';
import { operatorMetrics } from './operator/metrics.ts';
import { operatorPlanList, operatorPlanSet } from './operator/plan.ts';
import { operatorProvisioningPause, operatorProvisioningResume } from './operator/provisioning.ts';
import { operatorSecretPut } from './operator/secret.ts';
import {
  operatorTenantCreate,
  operatorTenantDedicated,
  operatorTenantDelete,
  operatorTenantList,
  operatorTenantResume,
  operatorTenantSuspend,
} from './operator/tenant.ts';
import { operatorVersionList, operatorVersionSet } from './operator/version.ts';
import { planGet } from './plan/get.ts';
import { planList } from './plan/list.ts';
import { sandbox } from './sandbox.ts';
import { secretDelete, secretUpdate } from './secret/change.ts';
import { secretCreate } from './secret/create.ts';
import { secretGet, secretList } from './secret/read.ts';
import { store } from './store.ts';
import { tenantDelete } from './tenant/delete.ts';
import { tenantGet } from './tenant/get.ts';
import { tenantUpdate } from './tenant/update.ts';
import { up } from './up.ts';
import { usageGet } from './usage/get.ts';
import { version } from './version.ts';
import { webhookCreate } from './webhook/create.ts';
import { webhookDelete } from './webhook/delete.ts';
import { webhookDeliveries, webhookRedeliver } from './webhook/deliveries.ts';
import { webhookGet, webhookList } from './webhook/read.ts';
import { webhookRotateSecret } from './webhook/rotate-secret.ts';
import { webhookUpdate } from './webhook/update.ts';

/** The nouns of the commands, each with its line of help. */
export const NOUNS: Readonly<Record<string, string>> = {
  auth: 'Sign in and out, and see who you are.',
  context: 'Choose which of your logins commands use.',
  cluster: 'Create, show, change, delete and use clusters.',
  secret: 'Say where values of the secrets backend go: to which clusters, under which name.',
  apikey: 'Issue, limit, rotate and revoke API keys.',
  webhook: 'Have events delivered to an address, signed.',
  alertmanager: 'Show and change who is notified of which alert.',
  'alertmanager receiver': 'Show, make, replace and delete receivers.',
  'alertmanager route': 'Show, replace and delete routes.',
  'alertmanager global': 'Show and replace the global settings.',
  event: 'Show what happens in the tenant.',
  audit: 'Show who changed what in the tenant.',
  tenant: 'Show, change and delete the tenant.',
  member: 'Say who may use the tenant.',
  invoice: 'Show what months came to.',
  usage: 'Show what the running month has cost so far.',
  limit: 'Show the limits that apply to you.',
  plan: 'Show the plans a tenant can have.',
  operator: 'Run an installation: on the machine of the server, through its operator socket.',
  'operator tenant': 'Create, list, suspend and resume tenants.',
  'operator key': 'Issue and revoke API keys of a tenant.',
  'operator secret': 'Put the values of secrets into the secrets backend of the server.',
  'operator plan': 'Show and change the plans.',
  'operator version': 'Choose which Kubernetes versions are offered.',
  'operator provisioning': 'Pause and resume the creation of clusters.',
  'operator limits': 'Show and reset what is counted about a client address.',
  'operator billing': 'Show and confirm the time that bills go by, and undo a wrong closing.',
};

/** Every command, in the order of help and reference. */
export const COMMANDS: readonly Command[] = [
  up,
  sandbox,
  apply,
  diff,
  edit,
  authLogin,
  authLogout,
  authWhoami,
  authGetToken,
  contextList,
  contextUse,
  contextShow,
  contextRename,
  clusterList,
  clusterGet,
  clusterExplain,
  clusterCreate,
  clusterUpdate,
  clusterDelete,
  clusterKubeconfig,
  clusterConnect,
  clusterWait,
  secretList,
  secretGet,
  secretCreate,
  secretUpdate,
  secretDelete,
  apiKeyList,
  apiKeyGet,
  apiKeyCreate,
  apiKeyUpdate,
  apiKeyRotate,
  apiKeyDelete,
  webhookList,
  webhookGet,
  webhookCreate,
  webhookUpdate,
  webhookDelete,
  webhookRotateSecret,
  webhookDeliveries,
  webhookRedeliver,
  alertmanagerGet,
  alertmanagerPut,
  receiverList,
  receiverGet,
  receiverPut,
  receiverDelete,
  routeList,
  routeGet,
  routePut,
  routeDelete,
  globalGet,
  globalPut,
  eventList,
  auditList,
  auditExport,
  tenantGet,
  tenantUpdate,
  tenantDelete,
  memberList,
  memberCreate,
  memberUpdate,
  memberDelete,
  invoiceList,
  invoiceGet,
  usageGet,
  limitGet,
  planList,
  planGet,
  operatorTenantList,
  operatorTenantCreate,
  operatorTenantSuspend,
  operatorTenantResume,
  operatorTenantDedicated,
  operatorTenantDelete,
  operatorKeyIssue,
  operatorKeyRevoke,
  operatorSecretPut,
  operatorPlanList,
  operatorPlanSet,
  operatorVersionList,
  operatorVersionSet,
  operatorProvisioningPause,
  operatorProvisioningResume,
  operatorLimitsShow,
  operatorLimitsForgive,
  operatorBillingClock,
  operatorBillingConfirmClock,
  operatorBillingReopen,
  operatorMetrics,
  operatorAudit,
  store,
  completion,
  version,
];
