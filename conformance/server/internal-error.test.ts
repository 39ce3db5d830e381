import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'vitest';
import { createClient } from '../client.ts';
import { expectRefusal } from '../expect-refusal.ts';
import { testOfOwnServer } from '../server-under-test.ts';
import { startServer } from '../start-server.ts';

/** Replaces a text wherever it is stored, as a damaged disk or a careless hand could. Knows nothing of the tables. */
function replaceEverywhere(file: string, from: string, to: string): void {
  const database = new DatabaseSync(file);
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").all();
  for (const { name: table } of tables) {
    for (const { name: column } of database.prepare(`PRAGMA table_info("${table}")`).all()) {
      database
        .prepare(
          `UPDATE "${table}" SET "${column}" = replace("${column}", ?, ?) WHERE typeof("${column}") = 'text' AND instr("${column}", ?)`,
        )
        .run(from, to, from);
    }
  }
  database.close();
}

testOfOwnServer('S1, S2, S3, S13: a defect is 500 with a request id to quote and nothing of the inside, and the rest goes on', async () => {
  const first = await startServer();
  expect((await createClient(first).call('POST', './clusters', { body: { name: 'sound' } })).status).toBe(201);
  await first.kill();
  replaceEverywhere(join(first.dataFolder, 'openkupe.db'), '"plan":"pro"', '"plan":"plan-unknown"');

  const second = await startServer({ dataFolder: first.dataFolder });
  try {
    const client = createClient(second);
    const answers = [await client.call('GET', '.'), await client.call('PATCH', '.', { body: { enforceLogLimit: true } })];
    for (const answer of answers) {
      const message = expectRefusal(answer, 500, String(answer.headers['x-request-id']), /internal/i);
      expect(message).not.toContain('plan-unknown');
      expect(answer.headers['retry-advice']).toMatch(/^back-off; executed=(no|yes|unknown)$/);
    }
    const ids = new Set(answers.map(({ headers }) => String(headers['x-request-id'])));
    expect(ids.size).toBe(2);
    for (const id of ids) expect(second.process.output.stderr, 'the log says what the answer does not').toContain(id);
    expect((await client.call('GET', './clusters/sound')).status).toBe(200);
  } finally {
    await second.stop();
    await first.stop();
  }
});
