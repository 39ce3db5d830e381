import { ALERTMANAGER_ROUTES } from './alertmanager.ts';
import { API_KEY_ROUTES } from './api-keys.ts';
import { AUDIT_ROUTES } from './audit.ts';
import { CLUSTER_ROUTES } from './clusters.ts';
import { EVENT_ROUTES } from './events.ts';
import { INVOICE_ROUTES } from './invoices.ts';
import { LIMIT_ROUTES } from './limits.ts';
import { MEMBER_ROUTES } from './members.ts';
import { PLAN_ROUTES } from './plans.ts';
import { SECRET_ROUTES } from './secrets.ts';
import { SESSION_ROUTES } from './session.ts';
import { TENANT_ROUTES } from './tenants.ts';
import { WEBHOOK_ROUTES } from './webhooks.ts';

/** Every route of the API. The server serves exactly these, and the every-route tests loop over them. */
export const ROUTES = [
  ...TENANT_ROUTES,
  ...CLUSTER_ROUTES,
  ...SECRET_ROUTES,
  ...MEMBER_ROUTES,
  ...ALERTMANAGER_ROUTES,
  ...API_KEY_ROUTES,
  ...INVOICE_ROUTES,
  ...PLAN_ROUTES,
  ...LIMIT_ROUTES,
  ...SESSION_ROUTES,
  ...EVENT_ROUTES,
  ...AUDIT_ROUTES,
  ...WEBHOOK_ROUTES,
] as const;

/** The id of a route in {@link ROUTES}, e.g. `clusters.get`. */
export type RouteId = (typeof ROUTES)[number]['id'];
