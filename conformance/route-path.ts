import { NAME_RULES, type ParameterName, parameterNames, type Route } from '@openkupe/contract';

/** Values that are well formed and name nothing; the first that fits a parameter's rule is taken. */
const NOT_THERE = ['not-there', 'ak-00000000', 'not-there@example.com', '2001-01', '0', '1-0'];

/** The path of a route with its parameters filled in: those given, and names of nothing for the others. */
export function routePath(route: Pick<Route, 'path'>, given: Partial<Record<ParameterName, string>>): string {
  return parameterNames(route.path).reduce((path, parameter) => {
    const pattern = new RegExp(NAME_RULES[parameter].pattern);
    const value = given[parameter] ?? NOT_THERE.find((candidate) => pattern.test(candidate));
    if (value === undefined) throw new Error(`No value here fits {${parameter}} in ${route.path}; add one to NOT_THERE`);
    return path.replace(`{${parameter}}`, value);
  }, route.path);
}
