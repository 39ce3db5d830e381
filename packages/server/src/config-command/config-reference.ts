import { CONFIG_SETTING, keyOf, SETTING_ENTRIES } from '../config/setting-key.ts';
import { RELOADED, type Setting, type SettingName } from '../config/settings.ts';

/** Text in a cell of a table in Markdown. */
export const cell = (text: string): string => text.replaceAll('|', '\\|');

function row([name, setting]: readonly [SettingName, Setting]): string {
  const { flag, variable, placeholder, meaning, fallback } = setting;
  const names = [...(name === CONFIG_SETTING ? [] : [`\`${keyOf(setting)}\``]), `\`${variable}\``, ...(flag ? [`\`--${flag}\``] : [])].join(
    '<br>',
  );
  const form = placeholder ? `\`${cell(placeholder)}\`` : '';
  const isReloaded = RELOADED.has(name) ? ' *Read again at SIGHUP.*' : '';
  return `| ${names} | ${form} | ${fallback ? `\`${cell(fallback)}\`` : ''} | ${cell(meaning)}.${isReloaded} |`;
}

/** The reference page of the settings, docs/reference/settings.md. */
export function configReference(): string {
  return `# Settings of the server

Printed from the table of settings by \`openkupe-server config reference\`; a test fails where this page differs.

A setting is given by a flag, else by a variable, else by its key in the YAML file that \`--config\` or \`OPENKUPE_CONFIG\` names, else it has its default. All are
checked at the start, and everything that is wrong is said at once. \`openkupe-server config check\` does the same and starts nothing;
\`openkupe-server config print --sources\` shows each value with what set it, without secrets; \`openkupe-server config schema\` is a JSON schema for editors.

\`\`\`yaml
# openkupe.yaml, for: openkupe-server --config openkupe.yaml
# yaml-language-server: $schema=openkupe.schema.json
host: 0.0.0.0
data: /var/lib/openkupe
trusted-proxies: [10.0.0.0/8, "fd00::/8"]
rate-limit-per-second: 50
metrics-port: 9464
\`\`\`

Relative paths are below the folder that the server is started in. Lists may be written as such or with commas; \`true\` and \`false\` stand for the words of a
switch. SIGHUP reads file and environment again and takes on what is marked below; for every other change the log names what needs a restart. Where the new
settings are wrong, the log says what, and nothing changes.

| key, variable, flag | value | default | meaning |
|---|---|---|---|
${SETTING_ENTRIES.map(row).join('\n')}
`;
}
