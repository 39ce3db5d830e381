import { SETTINGS_BY_KEY } from '../config/setting-key.ts';
import { isList, SETTINGS, type Setting } from '../config/settings.ts';

const NUMBERS = ['N', 'PORT', 'SECONDS', 'DAYS', 'MIB'];

/** The form of the value, as far as its placeholder says it: a number, words, a list with commas, or a text. */
function formOf(setting: Setting): object {
  const { placeholder, isSwitch } = setting;
  if (isSwitch) return { enum: ['yes', 'no', true, false] };
  if (placeholder === 'on|off' || placeholder === 'off|on') return { enum: ['on', 'off', true, false] };
  if (NUMBERS.includes(placeholder)) return { type: ['number', 'string'] };
  if (isList(setting)) return { type: ['string', 'array'], items: { type: ['string', 'number'] } };
  return { type: ['string', 'number'] };
}

/** The JSON Schema of the configuration file, for editors that complete and check YAML. The server checks more than it can say. */
export function configSchema(): object {
  const properties = [...SETTINGS_BY_KEY].map(([key, name]): [string, object] => {
    const setting: Setting = SETTINGS[name];
    return [key, { description: setting.meaning, ...formOf(setting), ...(setting.fallback && { default: setting.fallback }) }];
  });
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Settings of the openkupe server',
    type: 'object',
    properties: Object.fromEntries(properties),
    additionalProperties: false,
  };
}
