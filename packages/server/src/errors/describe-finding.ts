import type { ErrorObject } from 'ajv';

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

const article = (noun: string) => (/^[aeio]/.test(noun) ? `an ${noun}` : `a ${noun}`);

/** The field that a finding is about, as a JSON Pointer in a URI fragment (RFC 6901 §6). A field that is unknown or missing is named itself. */
export function pointerTo({ keyword, params, instancePath }: ErrorObject): string {
  const name = keyword === 'additionalProperties' ? params.additionalProperty : keyword === 'required' ? params.missingProperty : undefined;
  const last = name === undefined ? '' : `/${String(name).slice(0, 60).replaceAll('~', '~0').replaceAll('/', '~1')}`;
  return `#${encodeURI(instancePath + last)}`;
}

/** One finding of the schema validator as a clause that names the field, what was given and what is allowed. `resource` is what the body describes. */
export function describeFinding(finding: ErrorObject, resource: string): string {
  const path = finding.instancePath.slice(1).replaceAll('~1', '/').replaceAll('~0', '~').replaceAll('/', '.');
  const field = path === '' ? 'the body' : path;
  const within = path === '' ? '' : `${path}.`;
  const { keyword, params, data } = finding;
  if (keyword === 'additionalProperties') return `unknown field "${within}${String(params.additionalProperty).slice(0, 60)}"`;
  if (keyword === 'required')
    return `${path === '' && params.missingProperty === 'name' ? `${resource} ` : within}${params.missingProperty} is required`;
  if (keyword === 'type') return `${field} must be ${article(String(params.type).replace(',', ' or '))}, not ${typeOf(data)}`;
  if (keyword === 'enum') return `${field} must be one of ${(params.allowedValues as unknown[]).join(', ')}, not ${shown(data)}`;
  if (keyword === 'minLength') return `${field} must not be empty`;
  if (keyword === 'maxLength') return `${field} must be at most ${params.limit} characters long`;
  return `${field} ${finding.message ?? 'is not valid'}`;
}
