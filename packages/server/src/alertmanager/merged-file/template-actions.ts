/** An action of a Go template, `{{ … }}`: its words, signs and quoted texts, without white space and comments. */
export interface TemplateAction {
  readonly tokens: readonly string[];
  /** Where its text begins and ends in the template. */
  readonly from: number;
  readonly to: number;
}

/** What is quoted and not closed reaches to the end, so that each character is read once. */
const TOKEN =
  /\}\}|\/\*.*?(?:\*\/|$)|"(?:\\.|[^"\\])*(?:"|$)|'(?:\\.|[^'\\])*(?:'|$)|`[^`]*(?:`|$)|(?:\$\w*)?(?:\.\w*)+|\$\w*|\w+|\s+|./gsu;

/** The actions of a Go template. One that is not closed is left out with what follows: Go runs nothing of such a template. */
export function* templateActions(template: string): Iterable<TemplateAction> {
  let from = template.indexOf('{{');
  while (from >= 0) {
    const tokens: string[] = [];
    TOKEN.lastIndex = from + 2;
    let found = TOKEN.exec(template);
    while (found !== null && found[0] !== '}}') {
      if (!/^(?:\s|\/\*)/u.test(found[0])) tokens.push(found[0]);
      found = TOKEN.exec(template);
    }
    if (found === null) return;
    if (tokens[0] === '-') tokens.shift();
    if (tokens.at(-1) === '-') tokens.pop();
    const to = TOKEN.lastIndex;
    yield { tokens, from, to };
    from = template.indexOf('{{', to);
  }
}
