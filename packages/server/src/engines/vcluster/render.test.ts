import { describe, expect, it } from 'vitest';
import { hostNames } from './host-names.ts';
import { keyOf } from './host-object.ts';
import { renderCluster } from './render.ts';
import { NEWER, OLDER, REF, SETTINGS, SPEC } from './testing/samples.ts';

function named(key: string, ...rendered: Parameters<typeof renderCluster>) {
  const found = renderCluster(...rendered).find((object) => keyOf(object) === key);
  if (!found) throw new Error(`There is no ${key} among the objects`);
  return found;
}

describe('what this engine writes', () => {
  it('is the same for the same cluster, and carries its mark', () => {
    const objects = renderCluster(REF, SPEC, NEWER, SETTINGS);
    expect(renderCluster(REF, SPEC, NEWER, SETTINGS)).toEqual(objects);
    for (const { metadata } of objects) {
      expect(metadata.namespace).toBe('kupe-5f0c1d2e-production');
      expect(metadata.labels).toMatchObject({
        'kupe.io/tenant': 'acme',
        'kupe.io/cluster': 'production',
        'kupe.io/cluster-uid': REF.uid,
        'app.kubernetes.io/managed-by': 'openkupe',
      });
    }
  });

  it('bounds what the tenant asked for, and adds what the control plane takes', () => {
    const hard = (highAvailability: boolean) =>
      named('ResourceQuota/openkupe', REF, { ...SPEC, highAvailability }, NEWER, SETTINGS).spec as { hard: unknown };
    const gib = 2 ** 30;
    const mib = 2 ** 20;
    expect(hard(false).hard).toMatchObject({
      'requests.cpu': '2.22',
      'limits.cpu': '5',
      'requests.memory': String(4 * gib + (256 + 64) * mib),
      'limits.memory': String(8 * gib + 170 * mib),
      'requests.storage': String(55 * gib),
    });
    expect(hard(true).hard).toMatchObject({
      'requests.cpu': '2.68',
      'limits.cpu': '12',
      'requests.storage': String(80 * gib),
    });
  });

  it('sets no bound for what was not asked for', () => {
    const { hard } = named('ResourceQuota/openkupe', REF, { ...SPEC, resources: {} }, NEWER, SETTINGS).spec as { hard: object };
    expect(Object.keys(hard).filter((name) => /^(requests|limits)\./.test(name))).toEqual([]);
  });

  it('restarts the control plane for another version, and not for another quota', () => {
    const set = (change: object, version = NEWER) => named('StatefulSet/production', REF, { ...SPEC, ...change }, version, SETTINGS);
    expect(set({ resources: { cpu: '64', memory: '1Ti' } })).toEqual(set({}));
    expect(set({}, OLDER)).not.toEqual(set({}));
  });

  it('keeps workloads from the addresses at which a cloud gives the credentials of a node', () => {
    const text = JSON.stringify(named('NetworkPolicy/vc-work-production', REF, SPEC, NEWER, SETTINGS));
    expect(text).toContain('"169.254.0.0/16"');
  });

  it('gives every API server the files of the webhooks with its own credential', () => {
    const tokenReview = { url: 'https://openkupe.example/webhook/token-review', credentialFor: (uid: string) => `${uid}.mac` };
    const secret = named('Secret/vc-token-webhook-production', REF, SPEC, NEWER, { ...SETTINGS, tokenReview });
    const textOf = (key: string) => Buffer.from((secret.data as Record<string, string>)[key] ?? '', 'base64').toString();
    for (const key of ['token-webhook.json', 'access-webhook.json']) expect(textOf(key)).toContain(`${REF.uid}.mac`);
    expect(textOf('authorization.json')).toContain('"kubeConfigFile":"/etc/openkupe/access-webhook.json"');
  });

  it('finds names that Kubernetes takes for every name of a cluster', () => {
    const long = hostNames({ ...REF, name: `9${'a'.repeat(38)}-${'b'.repeat(22)}` });
    expect(long.namespace).toMatch(/^[a-z0-9-]{1,62}[a-z0-9]$/);
    expect(`${long.release}-etcd-headless`).toMatch(/^[a-z][a-z0-9-]{1,61}[a-z0-9]$/);
    expect(long.release).not.toMatch(/-$/);
  });
});
