/**
 * The clients that we are measured against: their real code, unchanged, on the simulated network. Each has its own defaults; where it
 * has none, what its manual shows, and the difference is said where the client is made. Each entry makes a client with a state of its
 * own. Import this after virtual time is installed.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { atb } from './atb.mjs';
import { aws } from './aws.mjs';
import { withAxiosRetry } from './axios.mjs';
import { azure } from './azure.mjs';
import { bottleneck } from './bottleneck.mjs';
import { exponentialBackoff } from './exponential-backoff.mjs';
import { withRetry, withRetryAndThrottling } from './octokit.mjs';
import { cockatiel, ky, openai, stripe, withFetchRetry, withPRetry, withPRetryByThePage } from './over-fetch.mjs';
import { pageRule } from './page-rule.mjs';
import { undici } from './undici.mjs';

const require = createRequire(import.meta.url);

/** The installed version. Packages need not export their `package.json`, so it is looked up where Node would look. */
function versionOf(name) {
  for (const folder of require.resolve.paths(name)) {
    try {
      return JSON.parse(readFileSync(`${folder}/${name}/package.json`, 'utf8')).version;
    } catch {
      // NOTE: not in this folder; the next one up is tried.
    }
  }
  throw new Error(`The competitor "${name}" is not installed; remove bench/node_modules and run this again`);
}

const entry = (name, packageName, create) => ({ name, version: packageName ? versionOf(packageName) : '', create });

export const competitors = [
  entry('page rule', undefined, pageRule),
  entry('aws standard', '@aws-sdk/client-sts', aws('standard')),
  entry('aws adaptive', '@aws-sdk/client-sts', aws('adaptive')),
  entry('azure', '@azure/core-rest-pipeline', azure),
  entry('openai', 'openai', openai),
  entry('stripe', 'stripe', stripe),
  entry('octokit retry', '@octokit/plugin-retry', withRetry),
  entry('octokit retry+throttling', '@octokit/plugin-throttling', withRetryAndThrottling),
  entry('ky', 'ky', ky),
  entry('axios-retry', 'axios-retry', withAxiosRetry),
  entry('undici', 'undici', undici),
  entry('p-retry', 'p-retry', withPRetry),
  entry('p-retry by the page', 'p-retry', withPRetryByThePage),
  entry('cockatiel', 'cockatiel', cockatiel),
  entry('fetch-retry', 'fetch-retry', withFetchRetry),
  entry('bottleneck (told the limit)', 'bottleneck', bottleneck),
];

/** Published algorithms without a library, for the scenarios whose setting is theirs. */
export const algorithms = [entry('atb', undefined, atb), entry('exponential backoff', undefined, exponentialBackoff)];
