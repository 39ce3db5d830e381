const LEVELS: Readonly<Record<number, string>> = { 20: 'DEBUG', 30: 'INFO', 40: 'WARN', 50: 'ERROR' };

/** Escapes what a terminal obeys: control characters (ECMA-48), also those that JSON leaves as they are, and those that turn the direction of a text. */
const escapeControls = (text: string) =>
  text.replace(/[\p{Cc}\p{Cf}]/gu, (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);

const valueText = (value: unknown) =>
  typeof value === 'string' && /^[\w./:@+-]+$/.test(value) ? value : escapeControls(JSON.stringify(value) ?? '');

interface ErrorFields {
  readonly stack?: unknown;
  readonly message?: unknown;
}

/** The lines of an error below its log line: its stack, indented. */
function errorLines({ stack, message }: ErrorFields): string {
  const lines = String(stack ?? message ?? '').split('\n');
  return lines.map((line) => `\n  ${escapeControls(line)}`).join('');
}

/** A log line of JSON for people: time of day in UTC, level, message, fields, and an error with its stack. No value reaches the terminal as a control character. */
export function terminalLine(json: string): string {
  const { level, time, message, err, ...fields } = JSON.parse(json) as Readonly<Record<string, unknown>>;
  const head = `${String(time).slice(11, 23)} ${(LEVELS[Number(level)] ?? String(level)).padEnd(5)} ${escapeControls(String(message ?? ''))}`;
  const shown = Object.entries(fields).map(([name, value]) => ` ${escapeControls(name)}=${valueText(value)}`);
  return `${head}${shown.join('')}${err && typeof err === 'object' ? errorLines(err) : ''}\n`;
}
