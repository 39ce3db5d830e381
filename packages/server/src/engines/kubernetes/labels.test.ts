import { describe, expect, it } from 'vitest';
import { clusterOf, hostNamespace, isOfCluster, labelsOf } from './labels.ts';

const REF = { tenant: 'acme', name: 'production', uid: '0a1b2c3d4e5f' };
const withLabels = (labels: Record<string, string>) => ({ metadata: { name: 'n', labels } });
const ours = withLabels(labelsOf(REF));

describe('the namespace of a cluster on its host', () => {
  it.each([
    ['production', '0a1b2c3d4e', 'kupe-0a1b2c3d-production'],
    ['x'.repeat(63), 'uid', `kupe-uid-${'x'.repeat(54)}`],
    [`${'x'.repeat(48)}-y`, '0a1b2c3d', `kupe-0a1b2c3d-${'x'.repeat(48)}`],
  ])('of %s is a DNS label', (name, uid, expected) => {
    const found = hostNamespace({ name, uid });
    expect(found).toBe(expected);
    expect(found).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
  });
});

describe('the mark of a cluster', () => {
  it('is the uid together with the manager', () => {
    expect(isOfCluster(ours, REF)).toBe(true);
    expect(isOfCluster(ours, { uid: 'other' })).toBe(false);
    expect(isOfCluster(withLabels({ 'kupe.io/cluster-uid': REF.uid }), REF)).toBe(false);
    expect(isOfCluster({ metadata: { name: 'n' } }, REF)).toBe(false);
  });

  it('is none where a vCluster has copied it from a tenant who gave it to an object', () => {
    expect(isOfCluster(withLabels({ ...labelsOf(REF), 'vcluster.loft.sh/managed-by': 'production' }), REF)).toBe(false);
  });

  it('says which cluster it is of', () => {
    expect(clusterOf(ours)).toEqual({ tenant: 'acme', name: 'production' });
    expect(clusterOf(withLabels({ 'kupe.io/tenant': 'acme' }))).toBeUndefined();
  });
});
