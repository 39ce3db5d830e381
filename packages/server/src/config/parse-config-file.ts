import { isMap, isScalar, isSeq, parseDocument, type YAMLError } from 'yaml';
import type { FileSettings } from './given-settings.ts';
import { suggestion } from './nearest-name.ts';
import { SETTINGS_BY_KEY } from './setting-key.ts';
import { isList, SETTINGS, type Setting, type SettingName } from './settings.ts';

/** The words of a setting that is on or off; `undefined` for another one. */
function wordsOf({ isSwitch, placeholder }: Setting): readonly [string, string] | undefined {
  if (isSwitch) return ['no', 'yes'];
  return placeholder.split('|').includes('on') ? ['off', 'on'] : undefined;
}

/** The text of a value as it would be in a variable; `undefined` for what has none: an object, a null, an alias, a list where one value is meant. */
function textOf(node: unknown, setting: Setting): string | undefined {
  if (isScalar(node)) {
    const { value, source } = node;
    // NOTE: as it is written, because the number of the token 0123 is 123, and that of the version 1.30 is 1.3.
    if (typeof value === 'number') return source;
    if (typeof value === 'boolean') return wordsOf(setting)?.[Number(value)] ?? source;
    return typeof value === 'string' ? value : undefined;
  }
  if (!isSeq(node) || !isList(setting)) return undefined;
  const texts = node.items.map((entry) => (isSeq(entry) ? undefined : textOf(entry, setting)));
  return texts.includes(undefined) ? undefined : texts.join(',');
}

/** What is wrong with the YAML, and where. What stands behind a colon in the library's sentence may be a secret. */
function syntaxProblem({ code, message, linePos }: YAMLError): string {
  const place = linePos ? ` at line ${linePos[0].line}, column ${linePos[0].col}` : '';
  const what = code === 'MULTIPLE_DOCS' ? 'It holds several documents' : message.split(/[:\n]/, 1)[0]?.split(' at line ', 1)[0];
  return `${what}${place}`;
}

/** Parses the text of a configuration file. Values are taken as they are written, so that they mean what they mean in a variable. */
export function parseConfigFile(text: string, path: string): FileSettings {
  const document = parseDocument(text, { prettyErrors: true });
  const [wrong] = [...document.errors, ...document.warnings];
  const given = new Map<SettingName, string>();
  if (wrong) return { path, given, problems: [`${path} is not valid YAML: ${syntaxProblem(wrong)}`] };
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) return { path, given, problems: [] };
  if (!isMap(contents)) return { path, given, problems: [`${path} must hold settings, each as "key: value" on a line of its own`] };
  const problems: string[] = [];
  for (const { key: keyNode, value } of contents.items) {
    const key = isScalar(keyNode) ? String(keyNode.value) : '';
    const name = SETTINGS_BY_KEY.get(key);
    const setting: Setting | undefined = name && SETTINGS[name];
    const written = setting && textOf(value, setting);
    if (!name || !setting) problems.push(`Unknown key "${key}" in ${path}${suggestion(key, SETTINGS_BY_KEY.keys())}`);
    else if (written !== undefined) given.set(name, written);
    else problems.push(`The key "${key}" in ${path} needs a text, a number, true or false${isList(setting) ? ', or a list of them' : ''}`);
  }
  return { path, given, problems };
}
