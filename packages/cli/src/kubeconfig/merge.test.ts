import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { CA } from '../testing/fixtures.ts';
import { kubeconfigEntry } from './kubeconfig.ts';
import { mergeKubeconfig } from './merge.ts';

const entry = kubeconfigEntry(
  'acme',
  'prod',
  { endpoint: 'https://prod.acme.example.com', certificateAuthority: CA },
  { token: 'kupe_key' },
);
const NAME = 'kupe-acme-prod';

function merged(text: string, isForced = false): string {
  const merge = mergeKubeconfig(text, entry, isForced);
  if (merge.kind !== 'merged') throw new Error(`${merge.kind}: ${JSON.stringify(merge)}`);
  return merge.text;
}

/** What kubectl would find under our name. */
function ours(text: string): unknown {
  const config = parse(text.replace(/\r\n/g, '\n'));
  const find = (list: string) => config[list].filter(({ name }: { name: string }) => name === NAME);
  return [find('clusters'), find('users'), find('contexts'), config['current-context']];
}
const EXPECTED = [
  [{ name: NAME, cluster: { server: 'https://prod.acme.example.com', 'certificate-authority-data': CA } }],
  [{ name: NAME, user: { token: 'kupe_key' } }],
  [{ name: NAME, context: { cluster: NAME, user: NAME } }],
  NAME,
];

const OTHER = `apiVersion: v1
kind: Config
# my clusters
clusters:
- name: home # the one in the cellar
  cluster:
    server: https://home:6443
contexts:
- name: home
  context: {cluster: home, user: home}
users:
- name: home
  user:
    token: "secret"
current-context: home
`;
const WITH_OURS = merged(OTHER);

const FILES: Readonly<Record<string, string>> = {
  'an empty file': '',
  'white space': '\n\n',
  'a comment alone': '# nothing yet\n',
  'an empty map': '{}\n',
  'the minimum kubectl writes':
    'apiVersion: v1\nclusters: null\ncontexts: null\ncurrent-context: ""\nkind: Config\npreferences: {}\nusers: null\n',
  'empty lists': 'apiVersion: v1\nkind: Config\nclusters: []\nusers: []\ncontexts: []\n',
  'other entries and comments': OTHER,
  'indented lists': OTHER.replace(/^- /gm, '  - ')
    .replace(/^ {2}(cluster|context|user):/gm, '    $1:')
    .replace(/^ {4}(server|token):/gm, '      $1:'),
  JSON: JSON.stringify(
    { apiVersion: 'v1', kind: 'Config', clusters: [{ name: 'home', cluster: { server: 'https://home' } }], users: [], contexts: [] },
    null,
    2,
  ),
  'JSON on one line': '{"apiVersion":"v1","kind":"Config","clusters":[],"users":[],"contexts":[]}',
  'Windows line ends': OTHER.replaceAll('\n', '\r\n'),
  'no line end at the end': OTHER.trimEnd(),
  'a document marker': `---\n${OTHER}`,
  'a directive': `%YAML 1.2\n---\n${OTHER}`,
  anchors: `${OTHER}extensions:\n- &shared {name: a, extension: {x: 1}}\n- *shared\n`,
  'unknown fields': `${OTHER}x-notes: [1, two, {three: 3}]\n`,
  'names with colons': OTHER.replaceAll('name: home', 'name: "arn:aws:eks:eu-west-1:1:cluster/home"'),
  'block scalars': `${OTHER}x-script: |\n  one\n    two\n`,
  'our own entry': WITH_OURS,
  'only our cluster, the rest lost': `apiVersion: v1\nkind: Config\nclusters:\n- name: ${NAME}\n  cluster: {server: "https://prod.acme.example.com"}\n`,
};

describe('files of many kinds', () => {
  test.each(Object.entries(FILES))('%s', (_, text) => {
    const after = merged(text);
    expect(ours(after)).toEqual(EXPECTED);
    expect(merged(after), 'merging again changes nothing').toBe(after);
  });

  test.each(Object.entries(FILES))('%s: every foreign line stays as it was', (name, text) => {
    const after = merged(text);
    if (name.startsWith('JSON')) return expect(JSON.parse(after)).toMatchObject({ apiVersion: 'v1', kind: 'Config' });
    const kept = text
      .split('\n')
      .filter(
        (line) => /home|cellar|secret|my clusters|notes|shared|script|two|nothing yet/.test(line) && !line.startsWith('current-context'),
      );
    for (const line of kept) expect(after.split('\n')).toContain(line);
  });
});

test('a comment at the end of an entry of ours stays', () => {
  const commented = WITH_OURS.replace(`- name: ${NAME}\n  cluster:`, `- name: ${NAME} # keep me\n  cluster:`);
  expect(commented).toContain('# keep me');
  expect(merged(commented)).toContain('# keep me');
});

test('the context that was current before is reported', () => {
  expect(mergeKubeconfig(OTHER, entry, false)).toMatchObject({ previousContext: 'home' });
  expect(mergeKubeconfig(WITH_OURS, entry, false)).toMatchObject({ previousContext: undefined });
});

test('an entry of our name for another server is left alone, unless forced', () => {
  const taken = WITH_OURS.replace('https://prod.acme.example.com', 'https://elsewhere');
  expect(mergeKubeconfig(taken, entry, false)).toEqual({ kind: 'other-server', server: 'https://elsewhere' });
  expect(ours(merged(taken, true))).toEqual(EXPECTED);
});

test.each([
  ['two documents', `${OTHER}---\n${OTHER}`, /more than one/],
  ['not YAML', 'clusters: [', /./],
  ['a list', '- a\n', /not a map/],
  ['text', 'hello\n', /not a map/],
  ['a map where a list belongs', 'clusters: {home: {}}\n', /"clusters" is not a list/],
  ['text where a list belongs', 'users: none\n', /"users" is not a list/],
  ['a repeated key', 'kind: Config\nkind: Config\n', /./],
  [
    'an alias to an anchor that replacing removes',
    `clusters:\n- name: ${NAME}\n  cluster: &c {server: "https://prod.acme.example.com"}\nx: *c\n`,
    /./,
  ],
])('%s is not touched', (_, text, reason) => {
  const merge = mergeKubeconfig(text, entry, false);
  expect(merge).toMatchObject({ kind: 'unreadable', reason: expect.stringMatching(reason) });
});

test.each([
  [{}, /no usable CA/],
  [{ endpoint: 'https://x', certificateAuthority: null }, /no usable CA/],
  [{ endpoint: null, certificateAuthority: CA }, /no usable endpoint/],
  [{ endpoint: '', certificateAuthority: CA }, /no usable endpoint/],
])('no kubeconfig is made of %j', (details, why) => {
  expect(() => kubeconfigEntry('acme', 'prod', details as never, { token: 'k' })).toThrow(why);
});

test.each(['', 'not base64!', Buffer.from('no certificate').toString('base64')])('"%s" is no CA', (certificateAuthority) => {
  expect(() => kubeconfigEntry('acme', 'prod', { endpoint: 'https://x', certificateAuthority }, { token: 'k' })).toThrow(/no usable CA/);
});

describe('what a person added to our entry stays', () => {
  const added = merged('')
    .replace(
      /(certificate-authority-data: \S+\n)/,
      '$1      proxy-url: http://proxy:3128 # at work\n      tls-server-name: prod\n      extensions: [{name: mine, extension: {a: 1}}]\n',
    )
    .replace(`    context:\n      cluster: ${NAME}\n`, `    context:\n      namespace: shop # mine\n      cluster: ${NAME}\n`)
    .replace('      token: kupe_key\n', '      token: kupe_old\n      as: someone\n');

  test('keys of cluster, context and user, with their comments; the credential is replaced', () => {
    const text = merged(added);
    const { clusters, contexts, users } = parse(text);
    expect(clusters[0].cluster).toEqual({
      server: 'https://prod.acme.example.com',
      'certificate-authority-data': CA,
      'proxy-url': 'http://proxy:3128',
      'tls-server-name': 'prod',
      extensions: [{ name: 'mine', extension: { a: 1 } }],
    });
    expect(contexts[0].context).toEqual({ cluster: NAME, user: NAME, namespace: 'shop' });
    expect(users[0].user).toEqual({ token: 'kupe_key', as: 'someone' });
    expect(text).toMatch(/# at work[\s\S]*# mine/);
  });

  test('also where the entry is an alias, or shares an anchor: the other one does not change', () => {
    const text = merged(
      `apiVersion: v1\nkind: Config\nshared: &x {server: "https://prod.acme.example.com", proxy-url: "http://p"}\nclusters: [{name: ${NAME}, cluster: *x}]\n`,
    );
    expect(parse(text).clusters[0].cluster).toMatchObject({ 'proxy-url': 'http://p', 'certificate-authority-data': CA });
    expect(parse(text).shared).toEqual({ server: 'https://prod.acme.example.com', 'proxy-url': 'http://p' });
  });

  test('but not what kubectl refuses beside a CA, nor another way to sign in', () => {
    const text = merged(
      added
        .replace('      proxy-url:', '      insecure-skip-tls-verify: true\n      proxy-url:')
        .replace(
          'token: kupe_old',
          'client-certificate-data: AAAA\n      client-key-data: AAAA\n      exec: {command: old, env: [{name: MINE, value: "1"}]}',
        ),
    );
    expect(parse(text).clusters[0].cluster).not.toHaveProperty('insecure-skip-tls-verify');
    expect(parse(text).users[0].user).toEqual({ token: 'kupe_key', as: 'someone' });
  });

  test('variables of the command that kubectl runs', () => {
    const exec = {
      apiVersion: 'v1',
      command: 'openkupe',
      args: [],
      interactiveMode: 'Never',
      provideClusterInfo: false,
      installHint: '',
    } as const;
    const user = { exec: { ...exec, env: [{ name: 'KUPE_CONFIG', value: '/new' }] } };
    const before = added.replace(
      'token: kupe_old',
      'exec: {command: old, env: [{name: MINE, value: "1"}, {name: KUPE_CONFIG, value: /old}]}',
    );
    const merge = mergeKubeconfig(before, { ...entry, user }, false);
    expect(parse((merge as { text: string }).text).users[0].user.exec.env).toEqual([
      { name: 'KUPE_CONFIG', value: '/new' },
      { name: 'MINE', value: '1' },
    ]);
  });
});

describe('a user that another context signs in as', () => {
  const used = `${merged('').replace('token: kupe_key', 'token: kupe_old')}`.replace(
    'contexts:\n',
    `contexts:\n  - name: mine\n    context: {cluster: ${NAME}, user: ${NAME}}\n`,
  );

  test('is not replaced by another one unless forced', () => {
    expect(mergeKubeconfig(used, entry, false)).toEqual({ kind: 'user-in-use', context: 'mine' });
    expect(parse(merged(used, true)).users[0].user).toEqual({ token: 'kupe_key' });
  });

  test('may stay what it is', () => {
    expect(mergeKubeconfig(used.replace('kupe_old', 'kupe_key'), entry, false).kind).toBe('merged');
  });
});
