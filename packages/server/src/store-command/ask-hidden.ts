import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/** Asks on the terminal, on stderr, and does not show what is typed. Rejects at Ctrl-C and at the end of the input. */
export function askHidden(question: string): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true });
  process.stderr.write(question);
  return new Promise<string>((resolve, reject) => {
    lines.once('SIGINT', () => lines.close());
    lines.once('close', () => reject(new Error('No passphrase was typed')));
    lines.question('').then(resolve, reject);
  }).finally(() => {
    lines.close();
    process.stderr.write('\n');
  });
}
