import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { programOnPath } from '@openkupe/contract/testing/program-on-path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const BUILD = join(import.meta.dirname, 'build.sh');
const hasGo = spawnSync('go', ['version']).status === 0;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'openkupe-build-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function build(sets: readonly string[], variables: Readonly<Record<string, string>> = {}) {
  const { OPENKUPE_KUBERNETES_PROGRAMS: _given, ...environment } = process.env;
  const env = { ...environment, XDG_CACHE_HOME: folder, ...variables };
  const { status, stdout, stderr } = spawnSync(programOnPath('bash') ?? '', [BUILD, ...sets], { encoding: 'utf8', env });
  return { status, stdout: stdout.trim(), stderr };
}

function put(...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), '');
    chmodSync(join(folder, path), 0o755);
  }
}

describe('the build of the programs of Kubernetes', () => {
  it.each([[[]], [['l1', 'l2']]])('is refused for the sets %j, and says which there are', (sets) => {
    const { status, stderr } = build(sets);
    expect([status, stderr]).toEqual([2, expect.stringContaining('l1, v135, node, kubectl, kwok, capi')]);
  });

  it('is not made where a folder with the programs is named, and what that lacks is named', () => {
    put('v1.35.4/kube-apiserver');
    const variables = { OPENKUPE_KUBERNETES_PROGRAMS: folder };
    expect(build(['v135'], variables)).toMatchObject({ status: 1, stderr: expect.stringContaining('v1.35.4/kube-controller-manager') });
    put('v1.35.4/kube-controller-manager');
    expect(build(['v135'], variables)).toMatchObject({ status: 0, stdout: folder });
  });

  it('ends with 77 and one sentence where there is no Go', () => {
    // NOTE: a folder of links, since Go may lie beside what the script needs.
    for (const name of ['bash', 'cat', 'dirname']) symlinkSync(programOnPath(name) ?? '', join(folder, name));
    const { status, stderr } = build(['l1'], { PATH: folder });
    expect([status, stderr.trim().split('\n').length, stderr]).toEqual([77, 1, expect.stringContaining('no Go was found')]);
  });

  it.skipIf(!hasGo)('says of a download that fails what it needs, and leaves no program behind (needs Go)', () => {
    const { status, stdout, stderr } = build(['kwok'], {
      GOPROXY: 'off',
      GOMODCACHE: join(folder, 'modules'),
      GOCACHE: join(folder, 'cache'),
    });
    expect([status, stdout, stderr]).toEqual([1, '', expect.stringContaining('kwok could not be built, for the reason above')]);
    expect(stderr).toContain('the module proxy (off) has to be reachable');
    expect(spawnSync('find', [join(folder, 'openkupe-engine'), '-type', 'f', '-size', '+0'], { encoding: 'utf8' }).stdout).toBe('');
  });
});
