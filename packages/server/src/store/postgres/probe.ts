import { type Runner, run, type Statement } from './statement.ts';

// NOTE: text that does not compress well, because what compresses takes no space.
const FILL: Statement = {
  name: 'probe-fill',
  text: `INSERT INTO probe (id, filler) SELECT 1, string_agg(md5(random()::text), '') FROM generate_series(1, $1::integer / 32)
    ON CONFLICT (id) DO UPDATE SET filler = excluded.filler`,
};

/** Writes that many bytes, to learn whether they would get through. */
export async function fillProbe(on: Runner, bytes: number): Promise<undefined> {
  await run(on, FILL, bytes);
}
