import type { GivenSettings } from './given-settings.ts';
import { SETTINGS, type Setting, type SettingName } from './settings.ts';

/** The bounds of a number, both inclusive. */
export interface Range {
  readonly least: number;
  readonly most: number;
  readonly isWhole?: boolean;
}

/** Parses settings one by one and collects what is wrong with each in `problems`. What it returns for a wrong one is of no use. */
export class SettingReader {
  readonly #given: GivenSettings;
  readonly problems: string[];
  constructor(given: GivenSettings, problems: string[]) {
    this.#given = given;
    this.problems = problems;
  }
  isGiven(name: SettingName): boolean {
    return this.#given.has(name);
  }
  text(name: SettingName): string {
    return this.#given.get(name)?.text ?? SETTINGS[name].fallback;
  }
  refuse(name: SettingName, rule: string): void {
    const { flag, variable }: Setting = SETTINGS[name];
    this.problems.push(`${flag ? `--${flag} (${variable})` : variable} must be ${rule}, not "${this.text(name)}"`);
  }
  number(name: SettingName, { least, most, isWhole = false }: Range): number {
    const value = this.text(name).trim() === '' ? Number.NaN : Number(this.text(name));
    const fits = value >= least && value <= most && (!isWhole || Number.isInteger(value));
    if (!fits) this.refuse(name, `a ${isWhole ? 'whole ' : ''}number from ${least} to ${most}`);
    return value;
  }
  /** A number of seconds, at most a day, in milliseconds. */
  secondsAsMs(name: SettingName): number {
    return this.number(name, { least: 0, most: 86_400 }) * 1000;
  }
  oneOf<Word extends string>(name: SettingName, words: readonly Word[]): Word {
    const found = words.find((word) => word === this.text(name));
    if (!found) this.refuse(name, `one of ${words.join(', ')}`);
    return found ?? (words[0] as Word);
  }
  isOn(name: SettingName): boolean {
    return this.oneOf(name, ['off', 'on']) === 'on';
  }
  /** The entries of a list with commas, without empty ones. */
  list(name: SettingName): string[] {
    return this.text(name)
      .split(',')
      .map((entry) => entry.trim())
      .filter(Boolean);
  }
  /** A list of names from a fixed set. */
  someOf<Word extends string>(name: SettingName, words: readonly Word[]): readonly Word[] {
    const given = this.list(name);
    if (given.some((word) => !words.includes(word as Word))) this.refuse(name, `names of ${words.join(', ')}`);
    return given as Word[];
  }
  /** Origins as browsers send them (RFC 6454 §6.2): scheme, host and port without a path. Not `*`, which would allow every page. */
  origins(name: SettingName): ReadonlySet<string> {
    const given = this.list(name);
    const isOrigin = (text: string) => URL.canParse(text) && /^https?:/.test(text) && new URL(text).origin === text;
    if (!given.every(isOrigin)) this.refuse(name, 'origins such as https://console.example, without a path, separated by commas');
    return new Set(given);
  }
  /**
   * Requires https, or http on loopback, without a user name or parameters: the address is shown in the log and by `/readyz?verbose`. The
   * problem does not repeat an address that has them.
   */
  checkUrl(name: SettingName): void {
    const url = URL.parse(this.text(name));
    if (url && (url.username || url.password || url.search || url.hash)) {
      this.problems.push(`${SETTINGS[name].variable} must be an address without a user name, password, "?" or "#"`);
      return;
    }
    const isLocal = url !== null && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
    if (url?.protocol !== 'https:' && !(isLocal && url?.protocol === 'http:')) this.refuse(name, 'an https URL');
  }
}
