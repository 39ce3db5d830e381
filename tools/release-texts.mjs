// What a release changes in the checkout, as texts: nothing here reads or writes a file.

/** Places of the version beside manifests and the lock file: a path, and what surrounds the version there. */
const PLACES = [
  ['packages/sdk/src/client.ts', 'openkupe-sdk/', "'"],
  ['packages/sdk/src/transport/transports.test.ts', 'openkupe-sdk/', "'"],
  ['packages/sdk/src/packaging.test.ts', "'@openkupe/sdk', '", "'"],
  ['packages/sdk/src/runtimes/every-runtime.test.ts', "'@openkupe/sdk': '", "'"],
  ['deploy/helm/openkupe/Chart.yaml', 'version: ', '\n'],
  ['deploy/helm/openkupe/Chart.yaml', 'appVersion: ', '\n'],
  ['deploy/compose/compose.yaml', 'image: openkupe:', '\n'],
  ['docs/guide/deploy.md', 'openkupe:', ' .'],
];

const isNewer = (version, than) => {
  const [a, b] = [version, than].map((text) => text.split('.').map(Number));
  const at = a.findIndex((number, index) => number !== b[index]);
  return at >= 0 && a[at] > b[at];
};

/** @throws with a sentence where `version` cannot follow `current`. */
export function checkVersion(version, current) {
  if (!/^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/.test(version ?? ''))
    throw new Error(`A version is three numbers such as 1.2.3, not "${version ?? ''}"; usage: npm run release -- VERSION [--dry-run]`);
  if (!isNewer(version, current)) throw new Error(`The version ${version} is not newer than ${current}; name a newer one`);
}

/** A manifest with its version, and those of our packages that it needs. */
function manifest(text, ours, version) {
  const parsed = JSON.parse(text);
  const next = { ...parsed, version };
  for (const field of ['dependencies', 'devDependencies'])
    if (parsed[field])
      next[field] = Object.fromEntries(Object.entries(parsed[field]).map(([name, range]) => [name, ours.has(name) ? version : range]));
  return `${JSON.stringify(next, null, 2)}\n`;
}

function lockFile(text, folders, ours, version) {
  const parsed = JSON.parse(text);
  for (const folder of folders) parsed.packages[folder] = JSON.parse(manifest(JSON.stringify(parsed.packages[folder]), ours, version));
  return `${JSON.stringify(parsed, null, 2)}\n`;
}

/** The change log with a section of this version in place of what was unreleased; `section` is what that says. */
export function releaseChangelog(text, version, date) {
  const [, before, unreleased, after = ''] = /^([\s\S]*?## \[Unreleased\]\n)([\s\S]*?)(?=\n## \[|$(?![\s\S]))([\s\S]*)$/.exec(text) ?? [];
  const section = unreleased?.trim();
  if (!section) throw new Error('CHANGELOG.md has nothing under "## [Unreleased]"; write what users of the release have to know');
  return { section, text: `${before}\n## [${version}] - ${date}\n\n${section}\n${after}` };
}

/**
 * The new texts by path. `read` gives the text of a path; `folders` are those of the workspace's packages, by path.
 * @throws with a sentence where a place of the version is not what it was.
 */
export function releaseTexts({ read, folders, current, version, date }) {
  const ours = new Set(folders.map((folder) => JSON.parse(read(`${folder}/package.json`)).name));
  const texts = new Map(folders.map((folder) => [`${folder}/package.json`, manifest(read(`${folder}/package.json`), ours, version)]));
  texts.set('package-lock.json', lockFile(read('package-lock.json'), folders, ours, version));
  for (const [path, before, after] of PLACES) {
    const text = texts.get(path) ?? read(path);
    const old = `${before}${current}${after}`;
    if (!text.includes(old))
      throw new Error(`${path} does not name the version as ${JSON.stringify(old)} any more; correct tools/release-texts.mjs`);
    texts.set(path, text.replaceAll(old, `${before}${version}${after}`));
  }
  const { section, text } = releaseChangelog(read('CHANGELOG.md'), version, date);
  texts.set('CHANGELOG.md', text);
  return { texts, message: `openkupe ${version}\n\n${section}\n` };
}
