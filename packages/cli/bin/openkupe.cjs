#!/usr/bin/env node
// Starts the bundled CLI. In a checkout it bundles first when the bundle is missing or older than a source; a packed install has
// no sources and never builds. Plain JavaScript for Node 20, because this file is run as it is.
'use strict';
const { existsSync, readdirSync, statSync } = require('node:fs');
const { join } = require('node:path');

const here = join(__dirname, '..');
const bundle = join(here, 'dist', 'openkupe.cjs');
const builder = join(here, 'build.mjs');
const inputs = ['src', '../sdk/src', '../contract/src', '../files/src', 'build.mjs', 'package.json'].map((path) => join(here, path));

function changedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function isNewer(path, thanMs) {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) return false;
  if (!found.isDirectory()) return found.mtimeMs > thanMs && !path.endsWith('.test.ts');
  return readdirSync(path).some((name) => isNewer(join(path, name), thanMs));
}

function bundleIfStale() {
  if (!existsSync(builder) || !existsSync(inputs[0])) return;
  const builtAtMs = changedAt(bundle);
  if (builtAtMs > 0 && !inputs.some((path) => isNewer(path, builtAtMs))) return;
  const { spawnSync } = require('node:child_process');
  const { status, stderr } = spawnSync(process.execPath, [builder], { encoding: 'utf8' });
  if (status === 0) return;
  const reason = (stderr ?? '').trim().split('\n')[0];
  process.stderr.write(
    `openkupe: the CLI could not be bundled (${reason}); ${builtAtMs > 0 ? 'the former bundle is used' : 'run `npm ci`'}\n`,
  );
  if (builtAtMs === 0) process.exit(1);
}

bundleIfStale();
require(bundle).main(__filename);
