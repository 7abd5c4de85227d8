{{- define "sampledesk.name" -}}
{{ .Release.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "sampledesk.selector" -}}
app.kubernetes.io/name: sampledesk
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "sampledesk.labels" -}}
{{ include "sampledesk.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}
