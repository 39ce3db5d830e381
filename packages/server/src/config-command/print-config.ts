import { isScalar, parseDocument, stringify } from 'yaml';
import type { GivenSettings } from '../config/given-settings.ts';
import { keyOf, SETTING_ENTRIES, SETTINGS_BY_KEY } from '../config/setting-key.ts';
import type { Setting, SettingName } from '../config/settings.ts';

const MASK = '[masked]';

/** The value as it may be shown: of a URL all but the password, of any other secret nothing. */
function shownValue({ isSecret }: Setting, text: string): string {
  if (!isSecret || text === '') return text;
  const withoutPassword = text.replace(/^([a-z][a-z+.-]*:\/\/[^\s:@/?#]*):[^\s@/]*@/i, `$1:${MASK}@`);
  const isUrl = /^[a-z][a-z+.-]*:\/\//i.test(text);
  // NOTE: a URL with an "@" or a password that the pattern does not find is shown as nothing at all.
  const isPlain = isUrl && !/[:/?#&](pass|pwd)/i.test(text) && withoutPassword.split('@').length <= 2;
  return isPlain ? withoutPassword : MASK;
}

/** A scalar in YAML that is read as a text again, or as the number that it is. */
function scalar(text: string): string {
  const parsed = parseDocument(text).contents;
  const isPlainNumber = isScalar(parsed) && typeof parsed.value === 'number' && String(parsed.value) === text;
  return isPlainNumber ? text : stringify(text, { lineWidth: 0, blockQuote: false }).trimEnd();
}

/** The settings in force as a configuration file, defaults as comments; with `showsSources`, behind each what set it. */
export function printConfig(given: GivenSettings, showsSources: boolean): string {
  const line = (name: SettingName, setting: Setting): string => {
    const found = given.get(name);
    const text = shownValue(setting, found?.text ?? setting.fallback);
    const source = showsSources ? `  # ${found?.source ?? 'default'}` : '';
    return `${found ? '' : '# '}${keyOf(setting)}: ${scalar(text)}${source}`;
  };
  const names = new Set(SETTINGS_BY_KEY.values());
  return SETTING_ENTRIES.filter(([name, { fallback }]) => names.has(name) && (given.has(name) || fallback !== ''))
    .map(([name, setting]) => line(name, setting))
    .join('\n');
}
