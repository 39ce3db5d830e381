/** Work of the runtime that ends by itself soon: reads and writes of files, and cryptography in threads. */
const SHORT = /^FSReq|Job$/;
/** Turns of the event loop that are waited for at most. */
const MOST_TURNS = 5_000;
const TURNS_AT_LEAST = 2;

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Resolves once what was started in this process has gone as far as it can without time passing. */
export async function settle(): Promise<void> {
  for (let passed = 0, quiet = 0; passed < MOST_TURNS && quiet < TURNS_AT_LEAST; passed += 1) {
    await nextTurn();
    quiet = process.getActiveResourcesInfo().some((name) => SHORT.test(name)) ? 0 : quiet + 1;
  }
}
