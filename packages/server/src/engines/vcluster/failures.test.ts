import { describe, expect, it } from 'vitest';
import { deletionReason, type Evidence, findFailure } from './failures.ts';
import type { HostObject } from './host-object.ts';

const NOW = Date.parse('2026-01-01T00:01:00Z');
const AGO = (seconds: number) => new Date(NOW - seconds * 1000).toISOString();

const object = (kind: string, name: string, fields: object, ageSeconds = 60) =>
  ({ apiVersion: 'v1', kind, metadata: { name, creationTimestamp: AGO(ageSeconds) }, ...fields }) as HostObject;
const pod = (status: object, ageSeconds?: number) => object('Pod', 'production-0', { status }, ageSeconds);
const waiting = (reason: string, more = {}) => ({
  containerStatuses: [{ name: 'syncer', state: { waiting: { reason, message: 'why' } }, ...more }],
});
const event = (kind: string, name: string, reason: string, ageSeconds = 5) =>
  object('Event', `${name}.1`, { reason, message: `${reason} of ${name}`, involvedObject: { kind, name }, lastTimestamp: AGO(ageSeconds) });
const unscheduled = (ageSeconds: number) => ({
  conditions: [
    { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes fit', lastTransitionTime: AGO(ageSeconds) },
  ],
});

const find = (evidence: Partial<Record<keyof Evidence, HostObject[]>>) =>
  findFailure({ pods: [], claims: [], events: [], ...evidence } as unknown as Evidence, NOW);

describe('why a control plane is not ready', () => {
  it('is nothing while all is young', () => {
    expect(find({})).toBeUndefined();
    expect(find({ pods: [pod(unscheduled(3))] })).toBeUndefined();
    expect(find({ pods: [pod(waiting('ErrImagePull'), 3)] })).toBeUndefined();
    expect(find({ claims: [object('PersistentVolumeClaim', 'data', { status: { phase: 'Pending' } }, 3)] })).toBeUndefined();
  });

  it('is the quota that refuses its pods, as long as the host says so', () => {
    const refused = event('StatefulSet', 'production', 'FailedCreate');
    expect(find({ events: [refused] })).toEqual({
      reason: 'The pods of its control plane are refused: FailedCreate of production',
      isFaulty: true,
    });
    expect(find({ events: [refused], pods: [pod({})] })).toBeUndefined();
    expect(find({ events: [event('StatefulSet', 'production', 'FailedCreate', 3600)] })).toBeUndefined();
  });

  it('is an image that cannot be had, a container that ends, and what it said at its end', () => {
    expect(find({ pods: [pod(waiting('ImagePullBackOff'))] })).toEqual({
      reason: 'The container "syncer" of its control plane cannot start (ImagePullBackOff): why',
      isFaulty: true,
    });
    const lastState = { terminated: { reason: 'OOMKilled', exitCode: 137 } };
    expect(find({ pods: [pod(waiting('CrashLoopBackOff', { lastState }), 1)] })).toEqual({
      reason: 'The container "syncer" of its control plane ends again and again (OOMKilled, exit code 137)',
      isFaulty: true,
    });
  });

  it('is a volume that is not there before the pod that waits for it', () => {
    const claims = [object('PersistentVolumeClaim', 'data-production-0', { status: { phase: 'Pending' } })];
    const events = [event('PersistentVolumeClaim', 'data-production-0', 'ProvisioningFailed')];
    expect(find({ claims, events, pods: [pod(unscheduled(60))] })).toEqual({
      reason: 'The volume "data-production-0" of its control plane is not there yet: ProvisioningFailed of data-production-0',
      isFaulty: false,
    });
  });

  it('is a host without room', () => {
    expect(find({ pods: [pod(unscheduled(60))] })).toEqual({
      reason: 'No node of the host takes the pod "production-0": 0/3 nodes fit',
      isFaulty: false,
    });
  });
});

describe('what a deletion waits for', () => {
  it('is what the namespace says, the failure before what remains, once that has lasted', () => {
    const namespace = (seconds: number, ...types: string[]) => {
      const conditions = types.map((type) => ({ type, status: 'True', message: `${type} says` }));
      const { metadata, ...rest } = object('Namespace', 'kupe', { status: { conditions } });
      return { ...rest, metadata: { ...metadata, deletionTimestamp: AGO(seconds) } } as HostObject;
    };
    expect(deletionReason(namespace(60), NOW)).toBe('It is being deleted');
    expect(deletionReason(namespace(5, 'NamespaceContentRemaining'), NOW)).toBe('It is being deleted');
    expect(deletionReason(namespace(60, 'NamespaceContentRemaining', 'NamespaceFinalizersRemaining'), NOW)).toBe(
      'Its deletion waits on the host: NamespaceFinalizersRemaining says',
    );
  });
});
