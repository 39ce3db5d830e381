import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SchemaTooNewError } from '../open-errors.ts';
import { migrate } from './migrate.ts';

const FIRST = `CREATE TABLE a (n INTEGER); INSERT INTO a VALUES (1);`;
const SECOND = `ALTER TABLE a ADD COLUMN m INTEGER; UPDATE a SET m = n + 1;`;

function emptyDatabase(): DatabaseSync {
  const database = new DatabaseSync(':memory:');
  onTestFinished(() => database.close());
  return database;
}

const versionOf = (database: DatabaseSync) => database.prepare('PRAGMA user_version').get()?.user_version;

describe('migrate', () => {
  it('runs each step once, in order, whichever version it starts from', () => {
    const database = emptyDatabase();
    migrate(database, [FIRST]);
    migrate(database, [FIRST]);
    expect(versionOf(database)).toBe(1);
    migrate(database, [FIRST, SECOND]);
    migrate(database, [FIRST, SECOND]);
    expect(versionOf(database)).toBe(2);
    expect(database.prepare('SELECT * FROM a').all()).toEqual([{ n: 1, m: 2 }]);
  });

  it('leaves the old schema, whole, when a step fails, and can be repeated', () => {
    const database = emptyDatabase();
    migrate(database, [FIRST]);
    expect(() => migrate(database, [FIRST, SECOND, 'INSERT INTO missing VALUES (1)'])).toThrow('no such table: missing');
    expect(versionOf(database)).toBe(1);
    expect(database.prepare('SELECT * FROM a').all()).toEqual([{ n: 1 }]);
    migrate(database, [FIRST, SECOND]);
    expect(versionOf(database)).toBe(2);
  });

  it('refuses a newer schema and ends its transaction', () => {
    const database = emptyDatabase();
    migrate(database, [FIRST, SECOND]);
    expect(() => migrate(database, [FIRST])).toThrow(SchemaTooNewError);
    expect(database.isTransaction).toBe(false);
    expect(versionOf(database)).toBe(2);
  });
});
