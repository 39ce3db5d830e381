import { expect, it } from 'vitest';
// @ts-expect-error a script without types
import { findOpenedDatabases } from './check-database-files.mjs';

const DOOR = 'packages/server/src/store/sqlite/database-files.ts';

it.each([
  ['packages/server/src/metrics/size.ts', "readFileSync(join(folder, 'openkupe.db'));"],
  ['packages/server/src/metrics/size.ts', "open(file + '-wal')"],
  ['packages/server/src/store/sqlite/open.ts', "import { openSync } from 'node:fs';"],
  ['packages/server/src/store/sqlite/backup.ts', "import { copyFile } from 'node:fs/promises';"],
  [DOOR, "import { chmodSync, readFileSync } from 'node:fs';"],
  [DOOR, "closeSync(openSync(file, 'a', ONLY_OWNER));"],
])('finds in %s: %s', (path, line) => {
  expect(findOpenedDatabases(path, `// why\n${line}\n`)).toHaveLength(1);
});

it.each([
  ['packages/server/src/config/secrets.ts', "import { readFile } from 'node:fs/promises';"],
  ['packages/server/src/store/sqlite/open.ts', '/** Opens `openkupe.db`. */'.replace('/**', ' *')],
  [DOOR, "import { chmodSync, statSync } from 'node:fs';\ncloseSync(openSync(file, 'wx', ONLY_OWNER));"],
])('lets pass in %s: %s', (path, line) => {
  expect(findOpenedDatabases(path, line)).toEqual([]);
});
