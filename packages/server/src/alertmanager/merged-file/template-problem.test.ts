import { describe, expect, it } from 'vitest';
import { tenantPart } from './tenant-part.ts';

const problemOf = (text: string, place: 'global' | 'receiver' = 'receiver') => {
  const inherited = place === 'global' ? { slack_api_url: text } : {};
  const own = place === 'receiver' ? { fields: [{ title: 'a', value: text }] } : {};
  const made = tenantPart('acme', {
    global: inherited,
    receivers: [{ name: 'team', slack_configs: [{ channel: 'a', ...own }] }],
    routes: [],
  });
  return 'problem' in made ? made.problem : undefined;
};
const nested = (...ranges: readonly string[]) =>
  `${ranges.map((one) => `{{ range ${one} }}`).join('')}x${'{{ end }}'.repeat(ranges.length)}`;

describe('a template of a tenant', () => {
  it.each([
    '{{ range .Alerts }}{{ .Annotations.summary }}{{ range .Labels.SortedPairs }}{{ .Name }} = {{ .Value }}{{ end }}{{ end }}',
    '{{ template "slack.default.title" . }}{{ template "__text_alert_list" .Alerts.Firing }}',
    '{{ .CommonLabels.alertname | toUpper }}',
    '[{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ .Alerts.Firing | len }}{{ end }}] a = b := c',
    '{{- /* a comment with " and $x := 1 */ -}}{{ with index .Alerts 0 }}{{ .Labels.severity }}{{ else }}none{{ end }}',
    '{{ with (index .Alerts 0).Labels }}{{ .team }}{{ end }}{{ if ne .Status "a = b" }}{{ `$x := 1` }}{{ \'=\' }}{{ end }}',
    '{{ range .Alerts }}{{ $.CommonLabels.cluster }} {{ .StartsAt.Format "15:04" }}{{ end }}',
    '{{ printf "%-10.2f %5s %d%%" 1.5 .Status 3 }}{{ .GroupLabels.Values | join ", " }}{{ reReplaceAll "a+" "b" .Status }}',
    '{{range.Alerts}}{{.Labels.printf}}{{end}}{{ range .Alerts }}{{ end }}{{ range .Alerts }}{{ end }}{{ range .Alerts }}{{ end }}',
    '{{ .Status }}'.repeat(200),
    '{{ $x := "not closed',
    'no action: %1000000d $x := 1 }} define',
  ])('may be %s', (text) => expect(problemOf(text)).toBeUndefined());

  it.each([
    ['a declaration', '{{ $x := "a" }}', /The template in "value" sets a variable; write/],
    ['an assignment', '{{ $x = printf "%s%s" $x $x }}'.repeat(27), /sets a variable/],
    ['an assignment after a quote in a comment', '{{/* " */}}{{$x:="a"}}{{/* " */}}', /sets a variable/],
    ['variables of a range', '{{ range $i, $a := .Alerts }}{{ end }}', /sets a variable/],
    ['define', '{{ define "x" }}{{ end }}', /has a define/],
    ['define without spaces', '{{-  define"x"}}{{end}}', /has a define/],
    ['block', '{{ block "x" . }}{{ end }}', /has a block/],
    ['a text that is doubled as dot', '{{ with print . . }}'.repeat(27), /has a with of something else/],
    ['a text that is doubled as dot after else', '{{ with .Status }}{{ else with print . . }}{{ end }}', /has a with of something else/],
    ['a template of a number', '{{ template "x" 1000000000 }}', /has a template of something else/],
    ['a range of a number', '{{ range 1000000000 }}x{{ end }}', /has a range of something else/],
    ['a range of a time', '{{ with index .Alerts 0 }}{{ range .StartsAt.UnixNano }}x{{ end }}{{ end }}', /has a range of something else/],
    ['a number as dot', '{{ with 1000000000 }}{{ range . }}x{{ end }}{{ end }}', /has a with of something else/],
    ['three ranges', nested('.Alerts', '.Labels.SortedPairs', '.'), /more than 2 ranges inside/],
    ['ranges of all alerts', nested('.Alerts', '$.Alerts'), /has \$ or \$\.Alerts inside of a range/],
    ['all alerts for each', '{{ range .Alerts }}{{ with $ }}{{ .Alerts }}{{ end }}{{ end }}', /has \$ or/],
    ['a template in a range', '{{ range .Alerts }}{{ template "x" . }}{{ end }}', /has a template inside of a range/],
    ['a long range', `{{ range .Alerts }}${'x'.repeat(4_000)}{{ end }}`, /has a range of more than 4000/],
    ['a width', '{{ printf "%1000000d" 1 }}', /has a printf that can fill/],
    ['a precision', '{{ printf `%.1000f` 1.0 }}', /has a printf/],
    ['a width as an argument', '{{ printf "%*d" 1000000 1 }}', /has a printf/],
    ['arguments by number', '{{ "a" | printf "%[1]s%[1]s" }}', /has a printf/],
    ['a width behind an escape', String.raw`{{ printf "\x251000000d" 1 }}`, /has a printf/],
    ['a format of an alert', '{{ printf .CommonLabels.format 1 }}', /has a printf/],
    ['a format that is made', '{{ 1 | printf (print "%10000" "00d") }}', /has a printf/],
    ['escapes of escapes', String.raw`{{ "\\" ${'| js '.repeat(30)}}}`, /more than 3 calls/],
    ['a long replacement', `{{ reReplaceAll "" "${'x'.repeat(11)}" .Status }}`, /has a reReplaceAll/],
    ['a separator of an alert', '{{ join .CommonLabels.a .GroupLabels.Values }}', /has a join/],
    ['many actions', '{{ .Status }}'.repeat(201), /has more than 200 actions/],
    ['a long action', `{{ print "${'x'.repeat(500)}" }}`, /has an action of more than 500/],
  ])('cannot have %s', (_what, text, problem) => expect(problemOf(text)).toMatch(problem));

  it('is read in global settings too, which each integration gets', () => {
    expect(problemOf('{{ $x := "a" }}', 'global')).toMatch(/The template in "\w+" sets a variable/);
  });

  it.each(['{{ "', '{{ /*', "{{ '", '{{ `', '{{ (', '{{'])('is read in time that grows with its length: %s', (text) => {
    expect(problemOf(text.repeat(50_000))).toBeUndefined();
  });
});
