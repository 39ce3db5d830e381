import type { RouteId } from '@openkupe/contract';
import type { Handler, Handlers } from '../pipeline/handler.ts';
import { deleteReceiver } from './alertmanager/delete-receiver.ts';
import { putAlertmanagerGlobal } from './alertmanager/put-global.ts';
import { putReceiver } from './alertmanager/put-receiver.ts';
import {
  getAlertmanagerConfig,
  getAlertmanagerGlobal,
  getAlertRoute,
  getReceiver,
  listAlertRoutes,
  listReceivers,
} from './alertmanager/read.ts';
import { clearAlertRoutes, deleteAlertRoute, putAlertRoute, putAlertRoutes } from './alertmanager/write-routes.ts';
import { createApiKey } from './api-keys/create.ts';
import { deleteApiKey } from './api-keys/delete.ts';
import { getApiKey } from './api-keys/get.ts';
import { listApiKeys } from './api-keys/list.ts';
import { rotateApiKey } from './api-keys/rotate.ts';
import { updateApiKey } from './api-keys/update.ts';
import { readAudit } from './audit/read.ts';
import { clusterClientCertificate } from './clusters/client-certificate.ts';
import { createCluster } from './clusters/create.ts';
import { deleteCluster } from './clusters/delete.ts';
import { explainCluster } from './clusters/explain.ts';
import { getCluster } from './clusters/get.ts';
import { clusterConnectionDetails, clusterKubeconfig } from './clusters/kubeconfig.ts';
import { listClusters } from './clusters/list.ts';
import { updateCluster } from './clusters/update.ts';
import type { HandlerDependencies } from './define-handler.ts';
import { streamEvents } from './events/stream.ts';
import { getInvoice } from './invoices/get.ts';
import { listInvoices } from './invoices/list.ts';
import { getLimits } from './limits/get.ts';
import { addMember } from './members/create.ts';
import { removeMember } from './members/delete.ts';
import { listMembers } from './members/list.ts';
import { updateMember } from './members/update.ts';
import { getPlan } from './plans/get.ts';
import { listPlans } from './plans/list.ts';
import { createSecret } from './secrets/create.ts';
import { deleteSecret } from './secrets/delete.ts';
import { getSecret } from './secrets/get.ts';
import { listSecrets } from './secrets/list.ts';
import { updateSecret } from './secrets/update.ts';
import { getSession } from './session/get.ts';
import { getSignIn } from './session/sign-in.ts';
import { deleteTenant } from './tenants/delete.ts';
import { getTenant } from './tenants/get.ts';
import { updateTenant } from './tenants/update.ts';
import { createWebhook } from './webhooks/create.ts';
import { deleteWebhook } from './webhooks/delete.ts';
import { listDeliveries } from './webhooks/deliveries.ts';
import { getWebhook } from './webhooks/get.ts';
import { listWebhooks } from './webhooks/list.ts';
import { redeliver } from './webhooks/redeliver.ts';
import { rotateWebhookSecret } from './webhooks/rotate-secret.ts';
import { updateWebhook } from './webhooks/update.ts';

/** The handler of every row of the route table; the type makes a missing one a compile error. */
const HANDLERS: Readonly<Record<RouteId, Handler>> = {
  'tenants.get': getTenant,
  'tenants.update': updateTenant,
  'tenants.delete': deleteTenant,
  'clusters.list': listClusters,
  'clusters.create': createCluster,
  'clusters.get': getCluster,
  'clusters.update': updateCluster,
  'clusters.delete': deleteCluster,
  'clusters.client-certificate': clusterClientCertificate,
  'clusters.explain': explainCluster,
  'clusters.kubeconfig': clusterKubeconfig,
  'clusters.connection-details': clusterConnectionDetails,
  'secrets.list': listSecrets,
  'secrets.create': createSecret,
  'secrets.get': getSecret,
  'secrets.update': updateSecret,
  'secrets.delete': deleteSecret,
  'members.list': listMembers,
  'members.create': addMember,
  'members.update': updateMember,
  'members.delete': removeMember,
  'alertmanager.config': getAlertmanagerConfig,
  'alertmanager.receivers.list': listReceivers,
  'alertmanager.receivers.get': getReceiver,
  'alertmanager.receivers.put': putReceiver,
  'alertmanager.receivers.delete': deleteReceiver,
  'alertmanager.routes.list': listAlertRoutes,
  'alertmanager.routes.put': putAlertRoutes,
  'alertmanager.routes.clear': clearAlertRoutes,
  'alertmanager.routes.get-one': getAlertRoute,
  'alertmanager.routes.put-one': putAlertRoute,
  'alertmanager.routes.delete-one': deleteAlertRoute,
  'alertmanager.global.get': getAlertmanagerGlobal,
  'alertmanager.global.put': putAlertmanagerGlobal,
  'api-keys.list': listApiKeys,
  'api-keys.create': createApiKey,
  'api-keys.get': getApiKey,
  'api-keys.update': updateApiKey,
  'api-keys.delete': deleteApiKey,
  'api-keys.rotate': rotateApiKey,
  'invoices.list': listInvoices,
  'invoices.get': getInvoice,
  'plans.list': listPlans,
  'plans.get': getPlan,
  'limits.get': getLimits,
  'events.stream': streamEvents,
  'audit.read': readAudit,
  'webhooks.list': listWebhooks,
  'webhooks.create': createWebhook,
  'webhooks.get': getWebhook,
  'webhooks.update': updateWebhook,
  'webhooks.delete': deleteWebhook,
  'webhooks.rotate-secret': rotateWebhookSecret,
  'webhooks.deliveries': listDeliveries,
  'webhooks.redeliver': redeliver,
  'session.get': getSession,
  'session.sign-in': getSignIn,
};

/** The handlers with what they use. */
export const createHandlers = (deps: HandlerDependencies): Handlers => ({ byRoute: HANDLERS, deps });
