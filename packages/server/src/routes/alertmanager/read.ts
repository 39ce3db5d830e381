import { deliveryStatus } from '../../alertmanager/delivery-status.ts';
import { CONFIGURATION, GLOBAL, RECEIVER } from '../../alertmanager/shapes.ts';
import { defineHandler } from '../define-handler.ts';
import { loadRow, openDocument, receiverChangedAt, routeAt, shownTo, tagOf } from './document.ts';

/** The whole configuration, credentials masked for readonly callers, and how far its delivery is. */
export const getAlertmanagerConfig = defineHandler('alertmanager.config', {
  load: async (call, { store }) => ({ row: await loadRow(store, call.params.tenant) }),
  decide(call, { row }, deps) {
    const document = shownTo(call, deps, openDocument(row, deps), CONFIGURATION);
    const status = deliveryStatus(row, deps.deliversAlerts);
    // NOTE: the second part of the tag moves with the status, as that of a cluster does; writes compare the first part alone.
    const tagged = { ...tagOf(row), observation: row?.observation ?? 0 };
    return { answer: { body: { ...document, status }, tagged } };
  },
});

/** Every receiver, credentials masked for readonly callers. */
export const listReceivers = defineHandler('alertmanager.receivers.list', {
  load: async (call, { store }) => ({ row: await loadRow(store, call.params.tenant) }),
  decide: (call, { row }, deps) => ({
    answer: { body: { items: shownTo(call, deps, openDocument(row, deps).receivers, RECEIVER) }, tagged: tagOf(row) },
  }),
});

/** One receiver, credentials masked for readonly callers, or 404. */
export const getReceiver = defineHandler('alertmanager.receivers.get', {
  async load(call, { store }) {
    const { tenant = '', receiver = '' } = call.params;
    const row = await loadRow(store, tenant);
    receiverChangedAt(row, tenant, receiver);
    return { row, name: receiver };
  },
  decide(call, { row, name }, deps) {
    const receiver = openDocument(row, deps).receivers.find((one) => one.name === name);
    return { answer: { body: shownTo(call, deps, receiver, RECEIVER), tagged: tagOf(row) } };
  },
});

/** The routes in the order in which Alertmanager tries them. */
export const listAlertRoutes = defineHandler('alertmanager.routes.list', {
  load: async (call, { store }) => ({ row: await loadRow(store, call.params.tenant) }),
  decide: (_call, { row }, deps) => ({ answer: { body: { items: openDocument(row, deps).routes }, tagged: tagOf(row) } }),
});

/** The route at an index of that order, or 404. */
export const getAlertRoute = defineHandler('alertmanager.routes.get-one', {
  load: async (call, { store }) => ({ row: await loadRow(store, call.params.tenant) }),
  decide: (call, { row }, deps) => ({ answer: { body: routeAt(call, openDocument(row, deps).routes), tagged: tagOf(row) } }),
});

/** The global section, credentials masked for readonly callers. */
export const getAlertmanagerGlobal = defineHandler('alertmanager.global.get', {
  load: async (call, { store }) => ({ row: await loadRow(store, call.params.tenant) }),
  decide: (call, { row }, deps) => ({
    answer: { body: shownTo(call, deps, openDocument(row, deps).global, GLOBAL), tagged: tagOf(row) },
  }),
});
