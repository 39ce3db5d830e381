import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Client } from '../client.ts';
import { isExistingServer, ownServer, serverUnderTest } from '../server-under-test.ts';
import { startHeaderCaseProxy } from './header-case-proxy.ts';
import { awksFound, runPageScript, SCRIPT_TEST_MS, type ScriptResult, type ScriptRun } from './run-page-script.ts';

/** The limits of a new installation, or those of the server that is judged. */
const limited = isExistingServer
  ? serverUnderTest()
  : ownServer({ variables: { OPENKUPE_RATE_LIMIT_PER_SECOND: '20', OPENKUPE_RATE_LIMIT_BURST: '100' } });

/** curl calls from the machine's usual address; so does the storm. */
const usual = () => limited.client({ from: null, isPatient: false, connections: CONNECTIONS });
const CONNECTIONS = 10;
const STORM_MS = 30_000;
const AFTER_REFUSAL_MS = 50;
const MOST_RUNS = 20;

/**
 * Asks for the list on ten connections until it is refused, as a careless loop would, and goes on a little faster than the limit allows,
 * so that the script finds it exceeded. `isLimited` resolves at the first refusal.
 */
function startStorm(): { isLimited: Promise<void>; stop(): void } {
  const client = usual();
  let isOver = false;
  const isLimited = new Promise<void>((resolve, reject) => {
    const loop = async () => {
      while (!isOver) {
        if ((await client.call('GET', './clusters')).status !== 429) continue;
        resolve();
        await sleep(AFTER_REFUSAL_MS);
      }
    };
    for (let connection = 0; connection < CONNECTIONS; connection += 1) loop().catch(reject);
    void sleep(STORM_MS, undefined, { ref: false }).then(() =>
      reject(new Error(`Nothing was refused in ${STORM_MS} ms: there is no limit`)),
    );
  });
  return {
    isLimited,
    stop() {
      isOver = true;
    },
  };
}

/** Waits until the address is not limited any more. */
async function waitOut(client: Client): Promise<void> {
  for (;;) {
    const { status, headers } = await client.call('GET', './clusters');
    if (status !== 429) return;
    await sleep(Number(headers['retry-after']) * 1000);
  }
}

const SHOW_VARIABLES = 'echo "STATUS=$STATUS WAIT=$WAIT"';

/** Runs the script while the limit is exceeded. Now and then it finds the one free place and is served: then it runs again. */
async function runUntilRefused(run: Partial<ScriptRun>): Promise<ScriptResult> {
  const { host, tenant, apiKey } = limited;
  const storm = startStorm();
  try {
    await storm.isLimited;
    for (let runs = 1; ; runs += 1) {
      const result = await runPageScript('wait-on-429.sh', {
        host,
        tenant,
        apiKey,
        afterwards: SHOW_VARIABLES,
        onOutput: (text) => text.startsWith('Rate limited') && storm.stop(),
        ...run,
      });
      if (!result.stdout.startsWith('STATUS=200') || runs === MOST_RUNS) return result;
    }
  } finally {
    storm.stop();
  }
}

async function expectItWaits(run: Partial<ScriptRun>): Promise<void> {
  const result = await runUntilRefused(run);
  const next = await usual().call<{ items: unknown[] }>('GET', './clusters');

  const printed = /^Rate limited, waiting ([1-9]\d*)s\nSTATUS=429 WAIT=\1\n$/.exec(result.stdout);
  expect(printed, result.stdout + result.stderr).not.toBeNull();
  expect(result.code).toBe(0);
  expect(result.stderr).toBe('');
  expect(Object.keys(JSON.parse(result.savedBody))).toEqual(['error']);
  expect(result.tookMs).toBeGreaterThanOrEqual(Number(printed?.[1]) * 1000);
  expect(next.status, 'a request sent after exactly that wait').toBe(200);
}

describe('the script that waits on a 429', () => {
  test('prints nothing and saves the list when the limit is not exceeded', { timeout: SCRIPT_TEST_MS }, async () => {
    const { host, tenant, apiKey } = limited;
    await waitOut(usual());
    const silent = await runPageScript('wait-on-429.sh', { host, tenant, apiKey });
    expect(silent).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(JSON.parse(silent.savedBody)).toHaveProperty('items');

    const shown = await runPageScript('wait-on-429.sh', { host, tenant, apiKey, afterwards: SHOW_VARIABLES });
    expect(shown.stdout).toBe('STATUS=200 WAIT=\n');
  });

  test.each(awksFound())(
    'S12, S16, S17, S19: waits as long as Retry-After says, and is served then, with %s',
    { timeout: SCRIPT_TEST_MS },
    (awk) => expectItWaits({ awk }),
  );

  test.each(['lower', 'canonical'] as const)(
    'S19: reads the header behind a proxy that spells header names in %s case',
    { timeout: SCRIPT_TEST_MS },
    async (spelling) => {
      const proxy = await startHeaderCaseProxy(limited.host, spelling);
      try {
        await expectItWaits({ host: proxy.host });
      } finally {
        await proxy.stop();
      }
    },
  );
});
