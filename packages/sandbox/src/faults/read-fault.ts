import { Ajv, type ValidateFunction } from 'ajv';
import { FAULT_KINDS, FAULTS, type Fault, type FaultKind } from './fault-table.ts';

const ajv = new Ajv({ useDefaults: true, coerceTypes: true, strict: false, allErrors: true });
const compiled = new Map<FaultKind, ValidateFunction>();

function validatorOf(kind: FaultKind): ValidateFunction {
  const known = compiled.get(kind) ?? ajv.compile(FAULTS[kind]);
  compiled.set(kind, known);
  return known;
}

const isKind = (kind: unknown): kind is FaultKind => typeof kind === 'string' && Object.hasOwn(FAULTS, kind);

/** A fault with its defaults filled in. @throws with a sentence that says what is wrong with it. */
export function readFault(input: unknown): Fault {
  const { kind, ...parameters } = Object(input) as { kind?: unknown };
  if (!isKind(kind)) throw new Error(`There is no fault ${JSON.stringify(kind)}; name one of ${FAULT_KINDS.join(', ')}`);
  const validate = validatorOf(kind);
  if (validate(parameters)) return { kind, ...parameters } as Fault;
  const problems = (validate.errors ?? []).map(({ instancePath, message, params }) => {
    const name = instancePath.slice(1) || (params as { additionalProperty?: string }).additionalProperty;
    return `${name}: ${message}`;
  });
  throw new Error(`The fault ${kind} cannot be read: ${problems.join('; ')}`);
}

const camel = (name: string) => name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

function parseOne(text: string): Fault {
  const [head = '', ...parts] = text.split(';').map((part) => part.trim());
  const parameters = parts.map((part) => {
    const at = part.indexOf('=');
    if (at < 1) throw new Error(`"${part}" is no parameter of a fault; write name=value`);
    return [camel(part.slice(0, at).trim()), part.slice(at + 1).trim()] as const;
  });
  const given = Object.fromEntries(parameters);
  return readFault(/^\d{3}$/.test(head) ? { kind: 'status', status: head, ...given } : { kind: head, ...given });
}

/** The faults that one text may name. */
const MOST_FAULTS = 10;

/**
 * Faults in their short form, as the request header and the command line take them: `429; retry-after=0.5`, or `latency; ms=200 | reset`.
 *
 * @throws with a sentence that says what is wrong with them.
 */
export function parseFaults(text: string): Fault[] {
  const texts = text.split('|').map((one) => one.trim());
  if (texts.length > MOST_FAULTS) throw new Error(`${texts.length} faults are too many; name at most ${MOST_FAULTS}`);
  return texts.map(parseOne);
}
