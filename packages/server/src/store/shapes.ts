import type { LedgerFact } from './ledger.ts';
import type { Kind, Kinds } from './resource.ts';

type TypeName = 'text' | 'number' | 'boolean' | 'object' | 'list';
/** The fields of `T` that are always there, each with the type of its value. */
type FieldsOf<T> = { readonly [P in keyof T as object extends Pick<T, P> ? never : P]: TypeName };
type Fields = Readonly<Record<string, TypeName>>;

/** What every use of a row relies on: the fields that each half of it always has. Values within them are not looked at. */
export const RESOURCE_SHAPES: {
  readonly [K in Kind]: { readonly spec: FieldsOf<Kinds[K]['spec']>; readonly observed: FieldsOf<Kinds[K]['observed']> };
} = {
  tenant: {
    spec: {
      displayName: 'text',
      contactEmail: 'text',
      plan: 'text',
      enforceMetricsLimit: 'boolean',
      enforceLogLimit: 'boolean',
      members: 'list',
    },
    observed: { clusterCount: 'number', allocated: 'object' },
  },
  cluster: {
    spec: { displayName: 'text', type: 'text', version: 'text', resources: 'object', highAvailability: 'boolean' },
    observed: { observedGeneration: 'number', kubernetesVersion: 'text', endpoint: 'text', caPem: 'text', waitingFor: 'text' },
  },
  secret: {
    spec: { secretPath: 'text' },
    observed: { observedGeneration: 'number', places: 'list', targets: 'list', changedAt: 'number' },
  },
  alertmanager: { spec: { sealed: 'text', changedAt: 'object' }, observed: {} },
  'deletion-attempt': { spec: { at: 'number' }, observed: {} },
  'engine-choice': { spec: { shared: 'text', dedicated: 'text' }, observed: {} },
  sandbox: { spec: { sealed: 'text' }, observed: {} },
  'secret-value': { spec: { sealed: 'text' }, observed: {} },
  'api-key': { spec: { displayName: 'text', role: 'text', createdBy: 'text', keyHash: 'text' }, observed: {} },
  webhook: {
    spec: { url: 'text', isEnabled: 'boolean', sealed: 'text' },
    observed: { position: 'object', redeliveries: 'list', attempts: 'list', failures: 'number' },
  },
  setting: { spec: { plans: 'list', versions: 'object', isProvisioningPaused: 'boolean' }, observed: {} },
  invoice: {
    spec: {
      tenantUid: 'text',
      periodStart: 'number',
      periodEnd: 'number',
      issuedAt: 'number',
      billedUntil: 'number',
      lines: 'list',
      subtotal: 'text',
      creditsApplied: 'text',
      total: 'text',
    },
    observed: { phase: 'text' },
  },
};

const CLOSED = { tenantUid: 'text', invoice: 'text', until: 'number', upTo: 'number', clusters: 'list', credit: 'text' } as const;

/** The same for the facts of the ledger. */
export const FACT_SHAPES: Readonly<Record<LedgerFact['kind'], Fields>> = {
  cluster: { kind: 'text', uid: 'text', name: 'text' },
  plan: { kind: 'text', from: 'object', to: 'object' },
  credit: { kind: 'text', amount: 'text', reason: 'text' },
  closing: { kind: 'text', ...CLOSED },
  reopening: { kind: 'text', reopened: 'text', ...CLOSED },
};

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'list';
  if (value === null) return 'null';
  return typeof value === 'string' ? 'text' : typeof value;
}

/** What of `value` is not as its shape says, for an operator and without the value; `undefined` when nothing is. */
export function problemWithShape(value: object, shape: Fields): string | undefined {
  for (const field in shape) {
    const type = typeOf((value as Record<string, unknown>)[field]);
    if (type !== shape[field]) return `"${field}" is ${type === 'undefined' ? 'missing' : `no ${shape[field]}`}`;
  }
  return undefined;
}
