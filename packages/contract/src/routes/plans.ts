import { Plan, PlanList } from '../resources/plan.ts';
import type { Route } from './route.ts';

/** The routes of plans. Public: they need no credential. */
export const PLAN_ROUTES = [
  {
    id: 'plans.list',
    method: 'GET',
    path: '/api/v1/plans',
    summary: 'List the plans, cheapest first.',
    access: 'public',
    success: { status: 200, body: PlanList, etag: true },
    refusals: [],
  },
  {
    id: 'plans.get',
    method: 'GET',
    path: '/api/v1/plans/{plan}',
    summary: 'Read a plan.',
    access: 'public',
    success: { status: 200, body: Plan, etag: false },
    refusals: [404],
  },
] as const satisfies readonly Route[];
