import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { readSettings } from '../config/read-settings.ts';
import { startScriptedApiServer } from '../engines/kubernetes/testing/scripted-api-server.ts';
import { scratchFolder } from '../store/testing/scratch-folder.ts';
import { checkEngines } from './compose.ts';
import { describeRight, HOST_RULES, type HostRight, type RoleRule, rightsOf } from './host-rights.ts';

const RIGHTS_FOLDER = new URL('../../../../deploy/helm/openkupe/rights/', import.meta.url);
const NAMES = Object.keys(HOST_RULES) as (keyof typeof HOST_RULES)[];
const inWords = (rules: readonly RoleRule[]) => [...new Set(rightsOf(rules).map(describeRight))].sort();

it.each(NAMES)('the rights for %s are those of the Helm chart, which has those of the guide', (name) => {
  const { rules } = parse(readFileSync(new URL(`${name}.yaml`, RIGHTS_FOLDER), 'utf8')) as { rules: RoleRule[] };
  expect(inWords(HOST_RULES[name])).toEqual(inWords(rules));
});

it('describes a right as kubectl does', () => {
  expect(inWords([{ apiGroups: ['apps'], resources: ['statefulsets'], verbs: ['get'] }])).toEqual(['get statefulsets.apps']);
  expect(inWords([{ apiGroups: [''], resources: ['pods/log'], verbs: ['get'] }])).toEqual(['get pods/log']);
});

it('asks the host about each right, and names those that it refuses', async () => {
  const folder = scratchFolder();
  const api = await startScriptedApiServer();
  onTestFinished(() => api.close());
  const cluster = {
    server: api.server,
    'certificate-authority-data': Buffer.from(api.caPem).toString('base64'),
    'tls-server-name': 'localhost',
  };
  const named = (what: string, value: object) => ({ [`${what}s`]: [{ name: 'a', [what]: value }] });
  const kubeconfig = {
    'current-context': 'a',
    ...named('context', { cluster: 'a', user: 'a' }),
    ...named('cluster', cluster),
    ...named('user', { token: 't' }),
  };
  writeFileSync(join(folder, 'kubeconfig'), JSON.stringify(kubeconfig), { mode: 0o600 });
  const env = {
    OPENKUPE_DATA: join(folder, 'data'),
    OPENKUPE_ENGINE_SHARED: 'vcluster',
    OPENKUPE_VCLUSTER_VERSIONS: 'v1.36.3',
    OPENKUPE_TOKEN_REVIEW_URL: 'https://kupe.example',
    OPENKUPE_HOST_KUBECONFIG: join(folder, 'kubeconfig'),
  };
  const { config } = await readSettings([], env, folder);
  const examine = async (refused: (right: HostRight) => boolean) => {
    api.answer((request, response, body) => {
      if (request.url === '/version') return response.end('{"gitVersion":"v1.36.3"}');
      const allowed = !refused(JSON.parse(body).spec.resourceAttributes);
      return response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify({ status: { allowed } }));
    });
    return (await checkEngines(config)).find(({ message }) => message.includes('vcluster'));
  };
  expect(await examine(() => false)).toMatchObject({ state: 'ok' });
  expect(await examine(({ resource, verb }) => resource === 'statefulsets' && verb === 'delete')).toMatchObject({
    state: 'fail',
    message: expect.stringMatching(/permit: delete statefulsets\.apps$/),
    remedy: expect.stringContaining('real-clusters.md'),
  });
  expect(await examine(() => true)).toMatchObject({ message: expect.stringMatching(/, and \d+ more$/) });
});
