/**
 * What kwok does with its nodes, whose status is set when they are made: hardly anything. Without a stage of nodes it manages none, and plays no
 * pod on them.
 */
const NODE_STAGE = {
  name: 'node-stays',
  selector: { matchExpressions: [{ key: '.status.phase', operator: 'In', values: ['Running'] }] },
  delay: { durationMilliseconds: 20_000 },
  next: {
    statusTemplate: `
conditions:
- {type: Ready, status: "True", reason: Simulated, lastHeartbeatTime: {{ Now | Quote }}}`,
    immediateNextStage: true,
  },
};

/** What kwok does with pods of its nodes: they are Ready at once, and deleted at once (https://kwok.sigs.k8s.io/docs/user/stages-configuration/). */
const STAGES = [
  {
    name: 'pod-becomes-ready',
    selector: {
      matchExpressions: [
        { key: '.metadata.deletionTimestamp', operator: 'DoesNotExist' },
        { key: '.status.phase', operator: 'In', values: ['Pending'] },
      ],
    },
    next: {
      statusTemplate: `
phase: Running
podIP: 10.244.0.10
podIPs: [{ip: 10.244.0.10}]
hostIP: 10.0.0.1
startTime: {{ Now | Quote }}
conditions:
{{ range $type := (list "Initialized" "Ready" "ContainersReady") }}
- {type: {{ $type }}, status: "True", lastTransitionTime: {{ Now | Quote }}}
{{ end }}
containerStatuses:
{{ range .spec.containers }}
- {name: {{ .name | Quote }}, image: {{ .image | Quote }}, imageID: "", ready: true, started: true, restartCount: 0, state: {running: {startedAt: {{ Now | Quote }}}}}
{{ end }}`,
    },
  },
  {
    name: 'pod-goes',
    selector: { matchExpressions: [{ key: '.metadata.deletionTimestamp', operator: 'Exists' }] },
    next: { delete: true },
  },
];

function stage(kind: 'Pod' | 'Node', { name, ...spec }: { readonly name: string }): string {
  const resourceRef = { apiGroup: 'v1', kind };
  return JSON.stringify({ apiVersion: 'kwok.x-k8s.io/v1alpha1', kind: 'Stage', metadata: { name }, spec: { resourceRef, ...spec } });
}

/** The configuration file of kwok, as JSON documents of a YAML stream. */
export function kwokConfiguration(): string {
  return [stage('Node', NODE_STAGE), ...STAGES.map((spec) => stage('Pod', spec))].join('\n---\n');
}

/** A node that nothing runs on, Ready, with room for pods. */
export function fakeNode(index: number, now: string): { readonly node: object; readonly status: object } {
  const name = `fake-${index}`;
  const room = { cpu: '32', memory: '128Gi', pods: '500', 'ephemeral-storage': '1Ti' };
  const condition = (type: string, status: string) => ({
    type,
    status,
    reason: 'Simulated',
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  });
  const conditions = [
    condition('Ready', 'True'),
    ...['MemoryPressure', 'DiskPressure', 'PIDPressure'].map((type) => condition(type, 'False')),
  ];
  const meta = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' } },
  };
  return {
    node: meta,
    status: {
      ...meta,
      status: { allocatable: room, capacity: room, phase: 'Running', conditions, addresses: [{ type: 'InternalIP', address: '10.0.0.1' }] },
    },
  };
}
