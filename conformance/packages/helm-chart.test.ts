import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { launchServer } from '../start-server.ts';
import { CHART, HELM, helm, type KubernetesObject, NEEDS_HELM, render, VALUE_SETS, valuesOf } from './helm-chart.ts';
import { readImage } from './image.ts';

const GUIDES = { vcluster: 'real-clusters.md', 'cluster-api': 'cluster-api.md' };
const BASE = ['ConfigMap', 'Deployment', 'Service', 'Service'];
const OWN = [...BASE, 'NetworkPolicy', 'ServiceAccount'];
const RIGHTS = ['ClusterRole', 'ClusterRoleBinding'];
const KINDS: Readonly<Record<string, readonly string[]>> = {
  'one-process': [...OWN, 'PersistentVolumeClaim'],
  replicas: [...OWN, 'PodDisruptionBudget'],
  vcluster: [...OWN, ...RIGHTS, 'PersistentVolumeClaim'],
  'cluster-api': [...OWN, ...RIGHTS, ...RIGHTS, 'PodDisruptionBudget'],
  'locked-down': [...BASE, 'NetworkPolicy', 'ServiceMonitor'],
};

const ofKind = (objects: readonly KubernetesObject[], kind: string) => objects.filter((object) => object.kind === kind);
const podOf = (objects: readonly KubernetesObject[]) => ofKind(objects, 'Deployment')[0]?.spec.template.spec;

describe.skipIf(!HELM)(`the chart of Helm ${NEEDS_HELM}`, () => {
  it.each(VALUE_SETS)('is without a fault, and has what the set "%s" asks for', (set) => {
    const linted = helm('lint', '--strict', CHART, '--values', valuesOf(set));
    expect([linted.status, linted.stdout]).toEqual([0, expect.stringContaining('0 chart(s) failed')]);
    const kinds = render(set).map(({ kind }) => kind);
    expect(kinds.toSorted()).toEqual(KINDS[set]?.toSorted());
  });

  it.each(VALUE_SETS)('gives the server settings that it takes: %s', async (set) => {
    const folder = mkdtempSync(join(tmpdir(), 'openkupe-chart-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const objects = render(set);
    for (const [name, text] of Object.entries<string>(ofKind(objects, 'ConfigMap')[0]?.data)) writeFileSync(join(folder, name), text);
    const { env, volumeMounts } = podOf(objects).containers[0];
    const at = (text: string) => text.replace(/^\/etc\/openkupe(?=\/)/, folder);
    const variables = Object.fromEntries(env.map(({ name, value }: { name: string; value: string }) => [name, at(value)]));
    const checked = launchServer(['config', 'check'], variables);
    expect(await checked.ended, checked.output.stderr).toMatchObject({ code: 0 });
    const mounted = volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath);
    const files = env.map(({ value }: { value: string }) => value).filter((value: string) => value.startsWith('/'));
    for (const file of files) expect([file, mounted.some((path: string) => file.startsWith(`${path}/`))]).toEqual([file, true]);
  });

  it.each(VALUE_SETS)('runs the image as its account, asks the three probes, and has no secret but by reference: %s', (set) => {
    const objects = render(set);
    const { containers, securityContext, automountServiceAccountToken } = podOf(objects);
    const [{ startupProbe, livenessProbe, readinessProbe, ...container }] = containers;
    expect(`${securityContext.runAsUser}:${securityContext.runAsGroup}`).toBe(readImage().account);
    expect(container.securityContext).toMatchObject({ readOnlyRootFilesystem: true, allowPrivilegeEscalation: false });
    const paths = [startupProbe, livenessProbe, readinessProbe].map(({ httpGet }) => httpGet.path);
    expect(paths).toEqual(['/startupz', '/livez', '/readyz']);
    expect(container.image).toMatch(/:\d+\.\d+\.\d+$|@sha256:/);
    expect(ofKind(objects, 'Secret')).toEqual([]);
    expect(automountServiceAccountToken).toBe(['vcluster', 'cluster-api'].includes(set));
  });

  it('gives each engine the rights of its guide, and no others', () => {
    const roles = ofKind(render('cluster-api'), 'ClusterRole');
    expect(roles.map(({ metadata }) => metadata.name)).toEqual(['kupe-openkupe-platform-vcluster', 'kupe-openkupe-platform-cluster-api']);
    Object.values(GUIDES).forEach((guide, at) => {
      const text = readFileSync(fileURLToPath(new URL(`../../docs/guide/${guide}`, import.meta.url)), 'utf8');
      const [, documented = ''] = /```yaml\n([^`]*kind: ClusterRole\n[^`]*)```/.exec(text) ?? [];
      expect(roles[at]?.rules).toEqual(parse(documented).rules);
    });
  });

  it.each([
    ['replicas=2', 'replicas > 1 needs PostgreSQL'],
    ['database.url=postgres://u@h/d', 'need existingSecret'],
    ['database.url=postgres://u:p@h/d', '/database/url'],
    ['valkey.url=redis://u:p@h', '/valkey/url'],
    ['settings.openbao-token=s.x', 'openbao-token'],
    ['image.tag=latest', '/image/tag'],
    ['engines.shared=local', '/engines/shared'],
    ['engines.dedicated=cluster-api', 'needs clusterApi'],
    ['replica=2', "'replica'"],
  ])('refuses %s', (value, reason) => {
    const { status, stderr } = helm('template', 'kupe', CHART, '--set', value);
    expect([status, stderr]).toEqual([1, expect.stringContaining(reason)]);
  });
});
