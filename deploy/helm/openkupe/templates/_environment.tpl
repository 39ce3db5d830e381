{{- define "openkupe.variable" }}
- { name: {{ .name }}, value: {{ .value | toString | quote }} }
{{- end }}

{{- define "openkupe.environment" -}}
{{- $secrets := "/run/secrets/openkupe/" -}}
{{- $variables := dict "CONFIG" "/etc/openkupe/openkupe.yaml" "HOST" "0.0.0.0" "PORT" "8080" "DATA" "/var/lib/openkupe/data" "NO_FIRST_TENANT" "yes" -}}
{{- $_ := set $variables "METRICS_HOST" "0.0.0.0" -}}
{{- $_ := set $variables "METRICS_PORT" .Values.metrics.port -}}
{{- $_ := set $variables "ENGINE_SHARED" .Values.engines.shared -}}
{{- $_ := set $variables "ENGINE_DEDICATED" .Values.engines.dedicated -}}
{{- if has "cluster-api" (list .Values.engines.shared .Values.engines.dedicated) -}}
{{- $_ := set $variables "CLUSTER_API_FILE" "/etc/openkupe/cluster-api.json" -}}
{{- end -}}
{{- with .Values.database -}}{{- if .url -}}
{{- $_ := set $variables "DATABASE_URL" .url -}}
{{- $_ := set $variables "SECRETS_FILE" (print $secrets .secretsKey) -}}
{{- if .passwordKey }}{{ $_ := set $variables "DATABASE_PASSWORD_FILE" (print $secrets .passwordKey) }}{{ end -}}
{{- if .caKey }}{{ $_ := set $variables "DATABASE_CA_FILE" (print $secrets .caKey) }}{{ end -}}
{{- end -}}{{- end -}}
{{- with .Values.valkey -}}{{- if .url -}}
{{- $_ := set $variables "VALKEY_URL" .url -}}
{{- $_ := set $variables "VALKEY_PROCESSES" $.Values.replicas -}}
{{- if .passwordKey }}{{ $_ := set $variables "VALKEY_PASSWORD_FILE" (print $secrets .passwordKey) }}{{ end -}}
{{- if .caKey }}{{ $_ := set $variables "VALKEY_CA_FILE" (print $secrets .caKey) }}{{ end -}}
{{- end -}}{{- end -}}
{{- if .Values.tls.secretName -}}
{{- $_ := set $variables "TLS_CERT" "/run/secrets/tls/tls.crt" -}}
{{- $_ := set $variables "TLS_KEY" "/run/secrets/tls/tls.key" -}}
{{- end -}}
{{- range $name, $value := $variables }}
{{- include "openkupe.variable" (dict "name" (print "OPENKUPE_" $name) "value" $value) }}
{{- end }}
{{- end -}}
