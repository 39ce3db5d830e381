import { command } from '../command.ts';
import { runServer } from './run-server.ts';

/** Runs the server's own program on its store: this one knows the API only. */
export const store = command({
  path: 'store',
  summary: 'Check, back up, restore and copy what a control plane keeps.',
  details:
    "On the machine of the server, with its settings: --data or OPENKUPE_DATA, OPENKUPE_DATABASE_URL. Everything after `store` is handed to the server's program as it is: check, backup FILE, restore FILE, copy FROM TO; `openkupe store --help` prints the flags. check and backup run beside the server. docs/guide/backup.md has the procedure of a restore.",
  examples: [
    { run: 'openkupe store check', why: 'looks for damage, and counts what is there' },
    { run: 'openkupe store backup kupe.backup --passphrase-file passphrase', why: 'SQLite or PostgreSQL, while the server runs' },
    { run: 'openkupe store restore kupe.backup --data ./restored --verify', why: 'into a new data folder' },
    { run: 'openkupe store copy ./data postgresql://openkupe@127.0.0.1/openkupe', why: 'from SQLite to PostgreSQL' },
  ],
  args: {},
  flags: {},
  formats: [],
  takesRest: true,
  ownsSignals: true,
  isRemote: false,
  run: ({ rest }, context) => runServer(['store', ...rest], context),
});
