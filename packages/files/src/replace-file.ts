import { openDraft } from './draft.ts';

/** Replaces a file as a whole, or makes it, readable by its owner only. See {@link Draft.replace}. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await (await openDraft(path)).replace(text);
}

/** Makes a file as a whole, readable by its owner only. Fails with `EEXIST` where there is one. See {@link Draft.create}. */
export async function createFile(path: string, text: string): Promise<void> {
  await (await openDraft(path)).create(text);
}
