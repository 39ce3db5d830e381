import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { scratchFolder } from '../../store/testing/scratch-folder.ts';
import { findPrograms } from './programs.ts';

function folderWith(...files: string[]): string {
  const folder = scratchFolder();
  for (const file of files) {
    mkdirSync(join(folder, file, '..'), { recursive: true });
    writeFileSync(join(folder, file), '');
  }
  return folder;
}
const version = (full: string) => [`${full}/kube-apiserver`, `${full}/kube-controller-manager`];

it('finds the newest patch release of each minor version that is whole', () => {
  const folder = folderWith('etcd', ...version('v1.9.4'), ...version('v1.36.3'), ...version('v1.36.10'), 'v1.37.0/kube-apiserver', 'kwok');
  const { etcd, versions } = findPrograms(folder);
  expect(etcd).toBe(join(folder, 'etcd'));
  expect(versions.map(({ minor, full }) => [minor, full])).toEqual([
    ['1.36', 'v1.36.10'],
    ['1.9', 'v1.9.4'],
  ]);
  expect(versions[0]?.folder).toBe(join(folder, 'v1.36.10'));
});

it.each([
  [['v1.36.3/kube-apiserver'], 'There is no program'],
  [['etcd', 'v1.36.3/kube-apiserver'], 'kube-apiserver and kube-controller-manager of a version'],
])('says what is missing beside %j', (files, message) => expect(() => findPrograms(folderWith(...files))).toThrow(message));

it('says of a folder that is not there that it has no program', () => {
  expect(() => findPrograms('/nowhere')).toThrow('There is no program /nowhere/etcd');
});
