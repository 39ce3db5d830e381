import { fork } from 'node:child_process';
import { join } from 'node:path';

/** A worker that stays and answers questions, so that what it measures is measured on the same process and connections throughout. */
export interface TalkingProcess {
  ask<Answer>(question: object): Promise<Answer>;
  stop(): Promise<void>;
}

const PATIENCE_MS = 120_000;

/** Starts a worker that calls {@link answerQuestions}. */
export async function startTalking(file: string, given: readonly string[] = []): Promise<TalkingProcess> {
  const child = fork(join(import.meta.dirname, file), [...given], {
    execArgv: ['--no-warnings'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  process.once('exit', () => child.kill('SIGKILL'));
  const next = () =>
    new Promise<unknown>((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        child.off('message', onMessage).off('exit', onExit);
        act();
      };
      const onMessage = (message: unknown) => settle(() => resolve(message));
      const onExit = () => settle(() => reject(new Error(`${file} ended before it answered`)));
      const timer = setTimeout(() => settle(() => reject(new Error(`${file} did not answer in time`))), PATIENCE_MS);
      child.once('message', onMessage).once('exit', onExit);
    });
  await next();
  return {
    async ask<Answer>(question: object) {
      const answer = next();
      child.send(question);
      return (await answer) as Answer;
    },
    async stop() {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), 5000);
      await gone;
      clearTimeout(late);
    },
  };
}

/** The other side: says that it is ready, then answers one question at a time. */
export function answerQuestions(answer: (question: never) => unknown): void {
  process.on('message', async (question) => process.send?.((await answer(question as never)) ?? {}));
  process.once('disconnect', () => process.exit(0));
  process.send?.({});
}
