{{- define "openkupe.name" -}}
{{- $name := ternary .Release.Name (printf "%s-openkupe" .Release.Name) (contains "openkupe" .Release.Name) -}}
{{- $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- define "openkupe.selector" -}}
app.kubernetes.io/name: openkupe
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "openkupe.labels" -}}
{{ include "openkupe.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "openkupe.account" -}}
{{ .Values.serviceAccount.name | default (include "openkupe.name" .) }}
{{- end -}}

{{- define "openkupe.image" -}}
{{- with .Values.image -}}
{{ if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end -}}
{{- end -}}

{{/* The engines that work on the cluster of the release, as JSON. */}}
{{- define "openkupe.hostEngines" -}}
{{- without (uniq (list .Values.engines.shared .Values.engines.dedicated)) "sandbox" | toJson -}}
{{- end -}}

{{/* What contradicts itself is refused here, before the cluster sees any of it. */}}
{{- define "openkupe.check" -}}
{{- with .Values -}}
{{- if and (gt (int .replicas) 1) (not .database.url) }}{{ fail "replicas > 1 needs PostgreSQL: set database.url, or replicas: 1" }}{{ end -}}
{{- if and (or .database.url .valkey.url) (not .existingSecret) }}{{ fail "database.url and valkey.url need existingSecret: the Secret that has their passwords, and secrets.json" }}{{ end -}}
{{- if and (has "cluster-api" (list .engines.shared .engines.dedicated)) (not .clusterApi) }}{{ fail "the engine cluster-api needs clusterApi, its settings: docs/guide/cluster-api.md" }}{{ end -}}
{{- end -}}
{{- end -}}
