import { isRecord } from '../sentinels.ts';
import { type TemplateAction, templateActions } from './template-actions.ts';

const ACTIONS = 200;
const ACTION_CHARACTERS = 500;
/** From the first action of a `range` to its `end`: as much is written for each alert. */
const RANGE_CHARACTERS = 4_000;
const RANGES = 2;
const GROWING_CALLS = 3;
const REPLACEMENT_CHARACTERS = 10;

/** Functions whose result can be a multiple of what they are given, so that each one more in an action multiplies. */
const GROWING = new Set(['printf', 'reReplaceAll', 'join', 'js', 'html', 'urlquery', 'toJson', 'date']);
const OPENING = new Set(['if', 'range', 'with']);
/** What a `range`, `with` or `template` may be given: data of the alerts, and no number, which newer releases of Go count up to. */
const DATA = /^(?:P|index P (?:\d+|"")|\( index P (?:\d+|"") \) P)$/u;
const PATH = /^(?:\$|\$?\.[\w.]*)$/u;
const TIME = /\.(?:StartsAt|EndsAt)\b/u;
const QUOTED = /^["`]/u;

/** Whether a format has a width or precision of more than two digits, of an argument, or an argument by its number; escapes could hide them. */
const growsByFormat = (format: string): boolean =>
  /%[^a-zA-Z%]*(?:\d{3}|\*|\[)/u.test(format) || (format.startsWith('"') && /\\[^nrt"\\]/u.test(format));

function isData(tokens: readonly string[]): boolean {
  const words = tokens.map((token) => (PATH.test(token) ? 'P' : QUOTED.test(token) ? '""' : token));
  return DATA.test(words.join(' ')) && !tokens.some((token) => TIME.test(token));
}

function callProblem(tokens: readonly string[]): string | undefined {
  if (tokens.filter((token) => GROWING.has(token) || /\.Format\b/u.test(token)).length > GROWING_CALLS)
    return `has more than ${GROWING_CALLS} calls of printf, reReplaceAll, join, js, html, urlquery, toJson, date or Format in one action; use fewer`;
  for (const [at, token] of tokens.entries()) {
    const [first = '', second = ''] = tokens.slice(at + 1);
    if (token === 'printf' && (!QUOTED.test(first) || growsByFormat(first)))
      return 'has a printf that can fill the memory; quote its format, with widths and precisions below 100 and without * and [';
    if (token === 'join' && (!QUOTED.test(first) || first.length > REPLACEMENT_CHARACTERS + 2))
      return `has a join whose separator is not a quoted text of at most ${REPLACEMENT_CHARACTERS} characters; quote or shorten it`;
    if (token === 'reReplaceAll' && !(QUOTED.test(first) && QUOTED.test(second) && second.length <= REPLACEMENT_CHARACTERS + 2))
      return `has a reReplaceAll without a quoted pattern and a quoted replacement of at most ${REPLACEMENT_CHARACTERS} characters; quote or shorten them`;
  }
  return undefined;
}

function actionProblem({ tokens, from, to }: TemplateAction, ranges: number): string | undefined {
  if (to - from > ACTION_CHARACTERS) return `has an action of more than ${ACTION_CHARACTERS} characters; shorten it`;
  if (tokens.includes('=')) return 'sets a variable; write the value where it is used';
  const [keyword = '', ...given] = tokens[0] === 'else' ? tokens.slice(1) : tokens;
  if (keyword === 'define' || keyword === 'block') return `has a ${keyword}; write its text where it is used`;
  if (keyword === 'template' && ranges > 0) return 'has a template inside of a range; write its text where it is used';
  const data = keyword === 'template' ? given.slice(1) : given;
  if (['range', 'with', 'template'].includes(keyword) && data.length > 0 && !isData(data))
    return `has a ${keyword} of something else than a field of the alerts; give it one such as .Alerts or .CommonLabels`;
  if (keyword === 'range' && ranges >= RANGES) return `has more than ${RANGES} ranges inside of each other; use fewer`;
  if (ranges > 0 && tokens.some((token) => /^\$(?!\.\w)|^\$\.Alerts\b/u.test(token)))
    return 'has $ or $.Alerts inside of a range; use fields of the one alert, or others such as $.CommonLabels';
  return callProblem(tokens);
}

/** What a text has that can exhaust Alertmanager as it runs it as a Go template; those that run in bounds have no problem. */
function textProblem(text: string): string | undefined {
  const open: string[] = [];
  let actions = 0;
  let rangeFrom = 0;
  for (const action of templateActions(text)) {
    actions += 1;
    if (actions > ACTIONS) return `has more than ${ACTIONS} actions; use fewer`;
    const ranges = open.filter((one) => one === 'range').length;
    const problem = actionProblem(action, ranges);
    if (problem !== undefined) return problem;
    const [keyword = ''] = action.tokens;
    if (keyword === 'range' && ranges === 0) rangeFrom = action.from;
    if (OPENING.has(keyword)) open.push(keyword);
    if (keyword === 'end') open.pop();
    if (ranges > 0 && action.to - rangeFrom > RANGE_CHARACTERS)
      return `has a range of more than ${RANGE_CHARACTERS} characters; shorten it`;
  }
  return undefined;
}

/** Why a text at any depth cannot be run as a template by an Alertmanager that all share, for the tenant. */
export function templateProblem(value: unknown, field = 'text'): string | undefined {
  if (typeof value === 'string') {
    const problem = textProblem(value);
    return problem === undefined ? undefined : `The template in "${field.slice(0, 80)}" ${problem}`;
  }
  if (!Array.isArray(value) && !isRecord(value)) return undefined;
  for (const [name, inner] of Object.entries(value)) {
    const problem = templateProblem(inner, Array.isArray(value) ? field : name);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
