/** One block of a stream of server-sent events. */
export interface EventBlock {
  /** Its kind; `message` where the server gives none. */
  readonly name: string;
  /** Where to go on after it; absent where it does not move the position. */
  readonly id?: string;
  /** Absent in a block that only moves the position, or is a comment. */
  readonly data?: string;
}

/** A block that does not end within this many characters is none of ours. */
const MOST_LENGTH = 1024 * 1024;

function parseBlock(text: string): EventBlock {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, field = '', value = ''] = /^([a-z]+): ?(.*)$/s.exec(line) ?? [];
    fields.set(field, field === 'data' && fields.has('data') ? `${fields.get('data')}\n${value}` : value);
  }
  const [name = 'message', id, data] = ['event', 'id', 'data'].map((field) => fields.get(field));
  return { name, ...(id === undefined ? {} : { id }), ...(data === undefined ? {} : { data }) };
}

/**
 * Returns a function that takes the text of a stream piece by piece, and calls `onBlock` for each block that is whole (HTML standard
 * §9.2.6). It throws an Error for a block without an end.
 */
export function createEventParser(onBlock: (block: EventBlock) => void): (text: string) => void {
  let rest = '';
  return (text) => {
    // NOTE: together, because a piece may end between the two.
    rest = (rest + text).replaceAll('\r\n', '\n');
    for (let end = rest.indexOf('\n\n'); end !== -1; end = rest.indexOf('\n\n')) {
      onBlock(parseBlock(rest.slice(0, end)));
      rest = rest.slice(end + 2);
    }
    if (rest.length > MOST_LENGTH) throw new Error('The stream of events has a block without an end');
  };
}
