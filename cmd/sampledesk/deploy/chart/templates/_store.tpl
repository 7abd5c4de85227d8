{{- /* Where the desks remember: bolt or postgres. What cannot work is refused with a sentence. */ -}}
{{- define "sampledesk.engine" -}}
{{- $url := .Values.store.url | toString -}}
{{- $secret := .Values.store.urlSecret.name -}}
{{- $replicas := int .Values.replicas -}}
{{- if lt $replicas 0 -}}
{{- fail "replicas is how many desks run, 0 or more" -}}
{{- end -}}
{{- if hasKey .Values.env "SAMPLEDESK_STORE" -}}
{{- fail "env.SAMPLEDESK_STORE is not read: say where the store is with store.url or store.urlSecret" -}}
{{- end -}}
{{- if and $url $secret -}}
{{- fail "store.url and store.urlSecret both say where the store is: set one of them" -}}
{{- end -}}
{{- if or $secret (regexMatch "^postgres(ql)?://" $url) -}}
{{- if regexMatch "^[a-z]+://[^/@]*:[^/@]*@|[?&]password=" $url -}}
{{- fail "store.url has a password in it: leave that out here, and put it into the Secret under PGPASSWORD, or the whole address under store.urlSecret" -}}
{{- end -}}
postgres
{{- else if $url -}}
{{- fail "store.url is the address of a PostgreSQL database, postgres://USER@HOST:5432/DATABASE, or empty for a file on a volume" -}}
{{- else if gt $replicas 1 -}}
{{- fail (printf "replicas is %d, but a store in a file is used by one desk at a time: set store.url or store.urlSecret to a PostgreSQL database, or replicas to 1" $replicas) -}}
{{- else -}}
bolt
{{- end -}}
{{- end }}

{{- /* Its variables. The key has to be there where the store is in PostgreSQL: a pod without it does not start. */ -}}
{{- define "sampledesk.store" -}}
{{- if eq (include "sampledesk.engine" .) "bolt" -}}
- {name: SAMPLEDESK_STORE, value: "bolt:/data/sampledesk.db"}
{{- else -}}
- name: SAMPLEDESK_STORE
  {{- with .Values.store.urlSecret }}
  {{- if .name }}
  valueFrom:
    secretKeyRef: {name: {{ .name }}, key: {{ .key }}}
  {{- else }}
  value: {{ $.Values.store.url | quote }}
  {{- end }}
  {{- end }}
- name: SAMPLEDESK_KEY
  valueFrom:
    secretKeyRef: {name: {{ .Values.store.keySecret.name | default .Values.existingSecret }}, key: {{ .Values.store.keySecret.key }}}
{{- end -}}
{{- end }}
