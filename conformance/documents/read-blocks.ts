/** A fenced block of a page. */
export interface Block {
  /** The page, such as `first-cluster.md`. */
  readonly page: string;
  /** The line of its fence, from 1 on. */
  readonly line: number;
  /** The first word behind the fence: `sh`, `ts`, `python`, `go`; empty where there is none. */
  readonly language: string;
  /** Why it is not run: what stands behind the word `norun`; `undefined` for a block that is. */
  readonly whyNot: string | undefined;
  readonly text: string;
}

/** Languages whose blocks are run. */
export const RUN_LANGUAGES = ['sh', 'ts', 'js', 'python', 'go'] as const;

/** The fenced blocks of a page, in order. @throws {Error} for a block that does not end, or says `norun` without a reason. */
export function readBlocks(page: string, markdown: string): Block[] {
  const blocks: Block[] = [];
  const lines = markdown.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const opening = /^( *)```(\w*) ?(.*)$/.exec(lines[at] ?? '');
    if (!opening) continue;
    const [, indent = '', language = '', words = ''] = opening;
    const end = lines.indexOf(`${indent}\`\`\``, at + 1);
    if (end < 0) throw new Error(`${page}:${at + 1}: the block does not end`);
    const whyNot = /^norun (.+)$/.exec(words)?.[1];
    if (words !== '' && whyNot === undefined)
      throw new Error(`${page}:${at + 1}: behind the language of a block stands nothing, or \`norun\` and the reason, not "${words}"`);
    const held = lines.slice(at + 1, end).map((line) => line.slice(indent.length));
    blocks.push({ page, line: at + 1, language, whyNot, text: held.join('\n') });
    at = end;
  }
  return blocks;
}
