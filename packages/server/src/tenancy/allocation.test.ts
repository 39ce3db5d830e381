import { addQuantities, compareQuantities, parseQuantity, ZERO_QUANTITY } from '@openkupe/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tenantAllocation } from './allocation.ts';

const sized = (resources: { cpu?: string; memory?: string; storage?: string }) => ({
  name: 'x',
  spec: { displayName: '', type: 'shared' as const, version: '', resources, highAvailability: false },
});

describe('what a tenant has allocated', () => {
  it('is nothing without clusters', () => {
    expect(tenantAllocation([])).toEqual({ clusterCount: 0, allocated: { cpu: '0', memory: '0', storage: '0' } });
  });

  it('is counted in cores and GiB, exactly', () => {
    const clusters = [sized({ cpu: '500m', memory: '1536Mi', storage: '1Ti' }), sized({ cpu: '1.25', memory: '16Gi' }), sized({})];
    expect(tenantAllocation(clusters)).toEqual({ clusterCount: 3, allocated: { cpu: '1.75', memory: '17.5', storage: '1024' } });
  });

  it('is a defect when a stored limit is no quantity', () => {
    expect(() => tenantAllocation([sized({ cpu: 'many' })])).toThrow('Cannot count the cpu of cluster "x": "many" is no quantity');
  });

  it('is the sum in any order', () => {
    const cores = fc.integer({ min: 0, max: 10_000 }).map((milli) => `${milli}m`);
    fc.assert(
      fc.property(fc.array(cores, { maxLength: 20 }), (cpus) => {
        const { allocated } = tenantAllocation(cpus.map((cpu) => sized({ cpu })));
        expect(allocated).toEqual(tenantAllocation(cpus.toReversed().map((cpu) => sized({ cpu }))).allocated);
        const sum = cpus.map((cpu) => parseQuantity(cpu) ?? ZERO_QUANTITY).reduce(addQuantities, ZERO_QUANTITY);
        expect(compareQuantities(parseQuantity(allocated.cpu) ?? ZERO_QUANTITY, sum)).toBe(0);
      }),
    );
  });
});
