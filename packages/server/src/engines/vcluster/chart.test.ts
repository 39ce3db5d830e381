import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClusterSpec } from '../../store/resource.ts';
import { mergeValues, type Values } from './chart-values.ts';
import { type ClusterShape, clusterValues, ownValues } from './cluster-values.ts';
import { hostNames } from './host-names.ts';
import type { HostObject } from './host-object.ts';
import { renderCluster } from './render.ts';
import type { VclusterSettings } from './settings.ts';
import { NEWER, REF, SETTINGS, SPEC } from './testing/samples.ts';

const SCRIPT = fileURLToPath(new URL('../../../../../tools/kubernetes/vcluster-chart.sh', import.meta.url));
const had = spawnSync(SCRIPT, { encoding: 'utf8' });
if (had.status !== 0) console.warn(`Skipped: the comparison with the chart of vCluster: ${had.stderr.trim()}`);
const [helm = '', chart = ''] = had.stdout.split('\n');

/** Features that are off in every cluster of ours, whose values are left out: vCluster reads an absent value as false, empty or zero. */
const LEFT_OUT = [
  ...['controlPlane.advanced.cloudControllerManager', 'controlPlane.advanced.konnectivity', 'controlPlane.advanced.registry'],
  ...['controlPlane.standalone', 'deploy', 'experimental.docker', 'integrations', 'policies.limitRange', 'policies.resourceQuota'],
  ...['privateNodes'],
];

interface MergedValues {
  readonly controlPlane: { readonly distro: { readonly k8s: { readonly apiServer: { readonly extraArgs: readonly string[] } } } };
}

/** Prints every object of the chart on one line, in JSON. */
const PRINT = `{{- range $path, $_ := .Files.Glob "openkupe/*" }}
{{- range $text := splitList "\\n---" (include (print $.Template.BasePath "/" (base $path)) $) }}
{{- $object := fromYaml $text }}{{- if $object.kind }}
---
{{ $object | toJson }}
{{- end }}{{- end }}{{- end }}
---
{"kind": "Values", "values": {{ .Values | toJson }}}`;

const FILES = ['serviceaccount', 'workload-serviceaccount', 'config-secret', 'role', 'rolebinding', 'networkpolicy', 'headless-service'];
const MORE_FILES = ['service', 'ingress', 'tlsroute', 'etcd-service', 'etcd-headless-service', 'etcd-statefulset', 'statefulset'];
const REST_OF_CHART = ['clusterrole', 'clusterrolebinding', 'limitrange', 'resourcequota', 'pod-disruption-budget', 'manifests'];

/** `value` without what Kubernetes and vCluster read like an absent field. */
function pruned(value: unknown, isEmpty: (leaf: unknown) => boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => pruned(item, isEmpty));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).map(([name, inner]) => [name, pruned(inner, isEmpty)] as const);
  return Object.fromEntries(kept.filter(([, inner]) => !isEmpty(inner)));
}
const isNothing = (leaf: unknown) =>
  leaf === null || leaf === undefined || leaf === '' || (typeof leaf === 'object' && Object.keys(leaf).length === 0);

/** An object without what is meant to differ: labels of Helm and of ours, the hash of the values, and the values themselves. */
function comparable(object: HostObject): unknown {
  const { labels = {} } = object.metadata;
  const shared = Object.fromEntries(Object.entries(labels).filter(([name]) => !/^(chart|heritage|kupe\.io\/|app\.kub)/.test(name)));
  const text = JSON.stringify({ ...object, metadata: { ...object.metadata, labels: shared }, data: undefined });
  const unequal = /"vClusterConfigHash":"[0-9a-f]*"|"nodePort":0/g;
  return pruned(
    JSON.parse(text.replace(unequal, '"":null'), (name, value) => (name === 'verbs' ? value.sort() : value)),
    isNothing,
  );
}

describe.skipIf(had.status !== 0)('what this engine writes, beside the chart of vCluster (needs Go and its module proxy)', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'openkupe-chart-'));
    cpSync(chart, folder, { recursive: true });
    for (const path of execFileSync('find', [folder, '-type', 'd'], { encoding: 'utf8' }).trim().split('\n')) {
      execFileSync('chmod', ['u+w', path]);
    }
    writeFileSync(join(folder, 'templates/print.yaml'), PRINT);
    execFileSync('mkdir', [join(folder, 'openkupe')]);
    for (const file of [...FILES, ...MORE_FILES, ...REST_OF_CHART]) writeFileSync(join(folder, `openkupe/${file}.yaml`), '-');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function renderedByHelm(values: Values): HostObject[] {
    const { namespace, release } = hostNames(REF);
    writeFileSync(join(folder, 'own.json'), JSON.stringify(values));
    const args = ['template', release, folder, '-n', namespace, '--kube-version', '1.36.3', '-f', join(folder, 'own.json')];
    const text = execFileSync(helm, [...args, '--show-only', 'templates/print.yaml'], { encoding: 'utf8' });
    return text
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
  }

  const tokenReview = { url: 'https://openkupe.example:9443/webhook/token-review', credentialFor: (uid: string) => `${uid}.mac` };
  const gateway = { namespace: 'infra', name: 'public' };
  const cases: Record<string, [VclusterSettings, Partial<ClusterSpec>]> = {
    'behind a load balancer': [SETTINGS, {}],
    'at a port of the nodes': [{ ...SETTINGS, exposure: { by: 'node-port', host: 'nodes.example' } }, {}],
    'behind an ingress': [{ ...SETTINGS, exposure: { by: 'ingress', domain: 'k8s.example', className: 'nginx' } }, {}],
    'behind a gateway': [{ ...SETTINGS, exposure: { by: 'tls-route', domain: 'k8s.example', gateway } }, {}],
    'with a token webhook and a storage class': [{ ...SETTINGS, tokenReview, storageClass: 'fast' }, {}],
    'with high availability': [{ ...SETTINGS, storageClass: 'fast' }, { highAvailability: true }],
  };

  it('has an authorization of ours in place of the mode that vCluster gives to an API server', () => {
    const source = (path: string) => readFileSync(join(chart, '..', path), 'utf8');
    const functions = source('pkg/util/command/command.go').match(/^func (MergeArgs|ContainsFlag)\([\s\S]*?^}$/gm) ?? [];
    const own = source('pkg/k8s/k8s.go').match(/"--authorization-mode=[^"]*"/g) ?? [];
    expect([functions.length, own.length]).toEqual([2, 1]);
    const shape: ClusterShape = { ref: REF, release: 'production', version: NEWER, isHighlyAvailable: false };
    const { controlPlane } = clusterValues(shape, { ...SETTINGS, tokenReview }) as never as MergedValues;
    const { extraArgs } = controlPlane.distro.k8s.apiServer;
    const given = JSON.stringify(extraArgs).replace(/^\[|\]$/g, '');
    const main = `package main
import ("encoding/json"; "os"; "strings")
${functions.join('\n')}
func main() { json.NewEncoder(os.Stdout).Encode(MergeArgs([]string{${own[0]}}, []string{${given}})) }`;
    writeFileSync(join(folder, 'merge.go'), main);
    // NOTE: as the programs of Kubernetes are built, whose packages of Go's own are compiled then.
    const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-trimpath' };
    const merged = execFileSync('go', ['run', join(folder, 'merge.go')], { cwd: folder, encoding: 'utf8', env });
    expect(JSON.parse(merged)).toEqual(extraArgs);
    expect(extraArgs).toContain('--authorization-config=/etc/openkupe/authorization.json');
  }, 240_000);

  for (const [title, [settings, change]] of Object.entries(cases)) {
    it(`agrees with it ${title}`, () => {
      const spec = { ...SPEC, ...change };
      const shape: ClusterShape = { ref: REF, release: hostNames(REF).release, version: NEWER, isHighlyAvailable: spec.highAvailability };
      const printed = renderedByHelm(ownValues(shape, settings));
      // NOTE: the quota and the defaults of containers, and the file of the webhook, are no part of the chart.
      const beside = /^(ResourceQuota|LimitRange|Secret\/vc-token-webhook)/;
      const byName = (objects: HostObject[]) => {
        const named = objects.map((object) => [`${object.kind}/${object.metadata?.name}`, object] as const);
        const compared = named.filter(([name, { kind }]) => !beside.test(name) && kind !== 'Values');
        return Object.fromEntries(compared.map(([name, object]) => [name, comparable(object)]));
      };
      expect(byName(renderCluster(REF, spec, NEWER, settings))).toEqual(byName(printed));

      const isZero = (leaf: unknown) => isNothing(leaf) || leaf === false || leaf === 0;
      const leftOut = LEFT_OUT.map((path) => path.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), null) as Values);
      const merged = [printed.find(({ kind }) => kind === 'Values')?.values as Values, ...leftOut].reduce(mergeValues);
      expect(pruned(clusterValues(shape, settings), isZero)).toEqual(pruned(merged, isZero));
    }, 60_000);
  }
});
