/** Keys and values of labels, in the syntax of Kubernetes: a key is a name of 1 to 63 characters, behind a DNS subdomain and a slash if one is given. */
const NAME = '[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?';
const SUBDOMAIN = '(?=[^/]{1,253}/)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*';

/** What the key of a label matches, e.g. `env` or `example.com/team`. */
export const LABEL_KEY_PATTERN = `^(${SUBDOMAIN}/)?${NAME}$`;
/** What the value of a label matches: empty, or as the name in a key. */
export const LABEL_VALUE_PATTERN = `^(${NAME})?$`;

/** Labels by their keys. */
export type LabelValues = Readonly<Record<string, string>>;

/** One part of a selector. Without `values` the key alone decides; `isNegated` turns the answer around, so that it holds where the key is absent. */
export interface LabelRequirement {
  readonly key: string;
  readonly values?: readonly string[];
  readonly isNegated: boolean;
}

const KEY = new RegExp(LABEL_KEY_PATTERN);
const VALUE = new RegExp(LABEL_VALUE_PATTERN);
/** `!key`, `key`, `key=value`, `key==value`, `key!=value`, `key in (a,b)` or `key notin (a,b)`, up to the next comma; a space is one. */
const REQUIREMENT = / ?(! ?)?([\w./-]+)(?: ?(==?|!=) ?([\w.-]*)| (in|notin) ?\(([\w., -]*)\))? ?(?:,|$)/y;

/**
 * Reads a selector as `kubectl --selector` takes it: requirements with commas between them, all of which have to hold. `undefined` for what is
 * none. Source: "Labels and Selectors" in the documentation of Kubernetes.
 */
export function parseLabelSelector(text: string): LabelRequirement[] | undefined {
  const spaced = text.replace(/\s+/g, ' ');
  const requirements: LabelRequirement[] = [];
  REQUIREMENT.lastIndex = 0;
  do {
    const [whole, absent, key = '', equality, value, set, list] = REQUIREMENT.exec(spaced) ?? [];
    if (whole === undefined || !KEY.test(key)) return undefined;
    const values = equality ? [value ?? ''] : list?.split(',').map((one) => one.trim());
    if (values?.some((one) => !VALUE.test(one)) || (absent && values)) return undefined;
    const isNegated = Boolean(absent) || equality === '!=' || set === 'notin';
    requirements.push({ key, isNegated, ...(values ? { values } : {}) });
    if (REQUIREMENT.lastIndex === spaced.length) return whole.endsWith(',') ? undefined : requirements;
  } while (REQUIREMENT.lastIndex > 0);
  return undefined;
}

/** Whether labels meet every requirement. `!=`, `notin` and `!key` hold for labels without the key, as in Kubernetes. */
export function matchesLabels(requirements: readonly LabelRequirement[], labels: LabelValues = {}): boolean {
  return requirements.every(({ key, values, isNegated }) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    const isMet = value !== undefined && (values?.includes(value) ?? true);
    return isMet !== isNegated;
  });
}
