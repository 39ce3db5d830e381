import { BYTES_PATTERN, type ClusterResources, CPU_PATTERN, LIMITS, type Warning } from '@openkupe/contract';
import { type ClusterEngine, findVersion, type KubernetesVersion } from '../../engines/engine.ts';
import { conflict, invalidField, invalidRequest } from '../../errors/refusal.ts';
import type { ClusterSpec, Resource } from '../../store/resource.ts';

const CPU = new RegExp(CPU_PATTERN);
const BYTES = new RegExp(BYTES_PATTERN);

/** Refuses quantities that are none, or that leave their unit open. */
export function checkResources(resources: ClusterResources): void {
  const { cpu, memory, storage } = resources;
  if (cpu !== undefined && !CPU.test(cpu)) {
    throw invalidField(
      'resources/cpu',
      `resources.cpu must be cores such as "4" or "1.5", or millicores such as "500m", not ${JSON.stringify(cpu)}`,
    );
  }
  for (const [field, value] of Object.entries({ memory, storage })) {
    if (value === undefined || BYTES.test(value)) continue;
    const isBare = /^\d+(\.\d+)?$/.test(value);
    throw invalidField(
      `resources/${field}`,
      isBare
        ? `resources.${field} is ambiguous: ${field} must include a unit suffix such as "${value}Gi", not ${JSON.stringify(value)}`
        : `resources.${field} must be a number with a unit suffix such as "16Gi", not ${JSON.stringify(value)}`,
    );
  }
}

/** Bytes of alert settings as JSON. */
export function alertBytes(alerts: ClusterSpec['alerts']): number {
  return alerts === undefined ? 0 : Buffer.byteLength(JSON.stringify(alerts));
}

/** Refuses alert settings that are larger than anybody writes by hand. */
export function checkAlerts(alerts: ClusterSpec['alerts']): void {
  const bytes = alertBytes(alerts);
  if (bytes > LIMITS.alertsBytes) throw invalidField('alerts', `alerts must be at most ${LIMITS.alertsBytes} bytes of JSON, not ${bytes}`);
}

/** {@link findVersion}; 400 names what is supported. */
export function checkVersion(version: string, catalogue: readonly KubernetesVersion[]): KubernetesVersion {
  const found = findVersion(catalogue, version);
  if (found) return found;
  const supported = catalogue.map(({ minor }) => minor).join(' ');
  throw invalidField('version', `unsupported Kubernetes version ${JSON.stringify(version)}, supported versions: [${supported}]`);
}

/**
 * Refuses a version that the engine cannot reach from the one that runs. What was asked for and does not run yet binds nothing, unless the
 * engine cannot take an upgrade back.
 */
export function checkMove(
  { name, generation, observed, spec: { type, version: asked } }: Resource<'cluster'>,
  wanted: KubernetesVersion,
  engine: Pick<ClusterEngine, 'whyNotAfter' | 'whyNotDuringMove'>,
): void {
  const { kubernetesVersion: running, observedGeneration } = observed;
  if (running === '') return;
  const during = observedGeneration < generation ? engine.whyNotDuringMove?.(running, asked, type) : undefined;
  if (during !== undefined)
    throw conflict(`The version of cluster "${name}" cannot be changed now: ${during}; wait until it has`, 'upgrading');
  const why = engine.whyNotAfter(running, wanted, type);
  if (why === undefined) return;
  throw invalidField(
    'version',
    `version cannot be ${JSON.stringify(wanted.minor)} for cluster "${name}": ${why}; ask for a later version, or create another cluster`,
    'VERSION_DOWNGRADE_UNSUPPORTED',
  );
}

/** Refuses what the engine cannot do, before anything is written. */
export function checkByEngine(engine: Pick<ClusterEngine, 'validate'>, spec: ClusterSpec, previous?: ClusterSpec): void {
  const [problem] = engine.validate(spec, previous);
  if (problem) throw problem.field === undefined ? invalidRequest(problem.message) : invalidField(problem.field, problem.message);
}

/** What a create that is granted should still tell the caller. */
export function versionWarnings(version: KubernetesVersion): Warning[] {
  if (!version.isRetiring) return [];
  return [
    {
      code: 'HA_K8S_VERSION_RETIRING',
      severity: 'warning',
      message: `Kubernetes ${version.minor} is being retired; plan an upgrade to a newer version`,
      field: 'version',
    },
  ];
}

/**
 * Refuses alert settings with which those of all clusters of the tenant are more than {@link LIMITS.alertsBytesPerTenant}; `otherBytes` is what
 * those of the others take. Writers of different clusters do not wait for each other, so that what they add at the same moment may go
 * beyond it by what each adds.
 */
export function checkAlertsTogether(otherBytes: number, alerts: ClusterSpec['alerts']): void {
  const bytes = otherBytes + alertBytes(alerts);
  if (bytes <= LIMITS.alertsBytesPerTenant || !alerts || Object.keys(alerts).length === 0) return;
  throw invalidField(
    'alerts',
    `The alerts of all clusters of a tenant can have at most ${LIMITS.alertsBytesPerTenant} bytes of JSON together, not ${bytes}; shorten some first`,
    'alerts-limit',
  );
}
