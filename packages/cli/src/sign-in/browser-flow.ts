import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure/failure.ts';
import { startCallbackServer } from './callback-server.ts';
import type { FlowDependencies } from './device-flow.ts';
import { openBrowser } from './open-browser.ts';
import type { Provider, Tokens } from './provider.ts';

const PATIENCE_MS = 10 * 60_000;

async function untilTooLate({ clock, signal }: FlowDependencies, isOver: AbortSignal): Promise<never> {
  await clock.sleep(PATIENCE_MS, AbortSignal.any([signal, isOver]));
  throw new Failure('The browser did not come back within ten minutes.', { code: 'sign-in-timeout', exit: EXIT.refused });
}

/** Checked before the library does, because its error does not give the reason. */
function checkState(answer: URL, state: string): void {
  if (answer.searchParams.get('state') === state) return;
  throw new Failure('The answer of the browser does not belong to this sign-in (its state differs); nothing was accepted.', {
    code: 'state-mismatch',
    exit: EXIT.refused,
    outcome: 'not-applied',
    next: [{ run: 'openkupe auth login --browser', why: 'starts again' }],
  });
}

/** Signs in by the browser of this machine: authorization code with PKCE (RFC 7636), back to a port of this machine (RFC 8252 §7.3). */
export async function signInByBrowser(provider: Provider, dependencies: FlowDependencies): Promise<Tokens> {
  const callback = await startCallbackServer();
  const over = new AbortController();
  let sentence = 'The sign-in did not succeed; the terminal says why.';
  try {
    const request = await provider.startBrowser(callback.redirectUri);
    dependencies.note(`Open ${request.url}`);
    dependencies.note('Waiting for you to sign in there …');
    await openBrowser(request.url);
    const answer = await Promise.race([callback.answer, untilTooLate(dependencies, over.signal)]);
    checkState(answer, request.state);
    const tokens = await provider.finishBrowser(request, answer);
    sentence = 'You are signed in; you can close this window.';
    return tokens;
  } finally {
    over.abort();
    await callback.finish(sentence);
  }
}
