import { OperatorPlanSet, OperatorProvisioning, type OperatorVersion, OperatorVersionSet, type Plan } from '@openkupe/contract';
import { movedFields } from '../audit/moved-fields.ts';
import type { KubernetesVersion } from '../engines/engine.ts';
import { invalidRequest, notFound } from '../errors/refusal.ts';
import { loadSettings, PLATFORM_KEY } from '../platform/platform.ts';
import type { PlatformSettings } from '../store/resource.ts';
import type { Write } from '../store/store.ts';
import { updateIf } from '../store/writes.ts';
import { change, PLATFORM_AUDIT } from './change.ts';
import { type OperatorCall, type OperatorPorts, type OperatorRoute, withBody } from './operator-route.ts';

/** Levels below the settings that have fields of their own in the audit: `#/plans/pro/platformFee`. */
const AUDITED_DEPTH = 3;

/** Replaces the platform's settings by what `next` makes of them. Until the first change there is no row. */
function changeSettings(
  call: OperatorCall,
  ports: OperatorPorts,
  target: string,
  next: (settings: PlatformSettings) => PlatformSettings,
): Promise<PlatformSettings> {
  return change(call, ports, async () => {
    const { row, settings } = await loadSettings(ports);
    const spec = next(settings);
    const write: Write = row ? updateIf(row, spec) : { verb: 'create', key: PLATFORM_KEY, uid: 'platform', spec, observed: {} };
    // NOTE: the first change writes what was in force without a row, too, and has not moved it.
    const fields = movedFields(settings, spec, AUDITED_DEPTH);
    return { tenant: PLATFORM_AUDIT, target, writes: [write], before: row, fields, shown: spec };
  });
}

/** The plan with what was sent in its place. 400 names what a new plan lacks. */
function merged(name: string, before: Plan | undefined, sent: OperatorPlanSet): Plan {
  const lacks = (field: string): never => {
    throw invalidRequest(`Plan "${name}" is new, so ${field} is required`);
  };
  const pool = { ...before?.resourcePool, ...sent.resourcePool };
  const watched = { ...before?.observabilityPool, ...sent.observabilityPool };
  return {
    name,
    displayName: sent.displayName ?? before?.displayName ?? lacks('displayName'),
    platformFee: sent.platformFee ?? before?.platformFee ?? lacks('platformFee'),
    resourcePool: {
      cpu: pool.cpu ?? lacks('resourcePool.cpu'),
      memory: pool.memory ?? lacks('resourcePool.memory'),
      storage: pool.storage ?? lacks('resourcePool.storage'),
    },
    observabilityPool: {
      maxActiveSeries: watched.maxActiveSeries ?? lacks('observabilityPool.maxActiveSeries'),
      logIngestGB: watched.logIngestGB ?? lacks('observabilityPool.logIngestGB'),
      retentionDays: watched.retentionDays ?? lacks('observabilityPool.retentionDays'),
      maxReceivers: watched.maxReceivers ?? lacks('observabilityPool.maxReceivers'),
    },
    maxClusters: sent.maxClusters ?? before?.maxClusters ?? lacks('maxClusters'),
  };
}

const MOST_PLANS = 100;

const setPlan = withBody({
  id: 'operator.plans.set',
  method: 'PUT',
  path: '/plans/{plan}',
  body: OperatorPlanSet,
  status: 200,
  async run(call, ports) {
    const { plan: name = '' } = call.params;
    const after = await changeSettings(call, ports, `plans/${name}`, (settings) => {
      const others = settings.plans.filter((plan) => plan.name !== name);
      if (others.length >= MOST_PLANS) throw invalidRequest(`There can be at most ${MOST_PLANS} plans; change one that is there`);
      const before = settings.plans.find((plan) => plan.name === name);
      const plans = [...others, merged(name, before, call.body)];
      return { ...settings, plans: plans.sort((left, right) => Number(left.platformFee) - Number(right.platformFee)) };
    });
    return after.plans.find((plan) => plan.name === name);
  },
});

function renderVersion({ minor, full, isRetiring }: KubernetesVersion, settings: PlatformSettings): OperatorVersion {
  return { minor, full, state: settings.versions[minor] ?? (isRetiring ? 'retiring' : 'offered') };
}

const setVersion = withBody({
  id: 'operator.versions.set',
  method: 'PUT',
  path: '/versions/{version}',
  body: OperatorVersionSet,
  status: 200,
  async run(call, ports) {
    const { version = '' } = call.params;
    const known = ports.engine.versions();
    const found = known.find(({ minor }) => minor === version);
    if (!found) throw notFound('Kubernetes version', version);
    const after = await changeSettings(call, ports, `versions/${version}`, (settings) => {
      const next = { ...settings, versions: { ...settings.versions, [version]: call.body.state } };
      if (!known.some((one) => renderVersion(one, next).state === 'offered')) {
        throw invalidRequest(`${version} is the only version that is offered; offer another one first`, 'last-version');
      }
      return next;
    });
    return renderVersion(found, after);
  },
});

/** The plans, the Kubernetes versions and whether clusters can be created: `PlatformSettings`, one row of the store. */
export const OPERATOR_SETTING_ROUTES: readonly OperatorRoute[] = [
  {
    id: 'operator.plans.list',
    method: 'GET',
    path: '/plans',
    status: 200,
    run: async (_call, ports) => ({ items: (await loadSettings(ports)).settings.plans }),
  },
  setPlan,
  {
    id: 'operator.versions.list',
    method: 'GET',
    path: '/versions',
    status: 200,
    async run(_call, ports) {
      const { settings } = await loadSettings(ports);
      return { items: ports.engine.versions().map((version) => renderVersion(version, settings)) };
    },
  },
  setVersion,
  {
    id: 'operator.provisioning.get',
    method: 'GET',
    path: '/provisioning',
    status: 200,
    run: async (_call, ports) => ({ isPaused: (await loadSettings(ports)).settings.isProvisioningPaused }),
  },
  withBody({
    id: 'operator.provisioning.set',
    method: 'PUT',
    path: '/provisioning',
    body: OperatorProvisioning,
    status: 200,
    async run(call, ports) {
      const { isPaused } = call.body;
      const after = await changeSettings(call, ports, 'provisioning', (settings) => ({ ...settings, isProvisioningPaused: isPaused }));
      return { isPaused: after.isProvisioningPaused };
    },
  }),
];
