{{- /* What a desk runs in, the same for one on a file and for many on PostgreSQL. */ -}}
{{- define "sampledesk.pod" -}}
{{- $postgres := eq (include "sampledesk.engine" .) "postgres" -}}
metadata:
  labels: {{- include "sampledesk.labels" . | nindent 4 }}
  annotations:
    {{- if .Values.metrics.annotations }}
    prometheus.io/scrape: "true"
    prometheus.io/port: "8080"
    prometheus.io/path: /metrics
    {{- end }}
    {{- with .Values.podAnnotations }}{{ toYaml . | nindent 4 }}{{ end }}
spec:
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  # It asks nothing of Kubernetes.
  automountServiceAccountToken: false
  enableServiceLinks: false
  # It stops within ten seconds{{ if $postgres }}, after those in which others learn that it is going{{ end }}.
  terminationGracePeriodSeconds: {{ if $postgres }}30{{ else }}15{{ end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: {type: RuntimeDefault}
  containers:
    - name: sampledesk
      image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args: [serve]
      env:
        {{- include "sampledesk.store" . | nindent 8 }}
        - {name: SAMPLEDESK_LISTEN, value: "0.0.0.0:8080"}
        {{- range $name, $value := .Values.env }}
        - {name: {{ $name }}, value: {{ $value | quote }}}
        {{- end }}
      envFrom:
        - secretRef: {name: {{ required "existingSecret names the Secret with the tokens" .Values.existingSecret }}}
      ports:
        - {name: http, containerPort: 8080}
      # A long migration answers only when it is through: the first answer may take an hour.
      startupProbe:
        httpGet: {path: /healthz, port: http}
        periodSeconds: 5
        failureThreshold: 720
      livenessProbe:
        httpGet: {path: /healthz, port: http}
        periodSeconds: 30
        timeoutSeconds: 5
      # Not ready tells people and takes nothing away: webhooks are kept whatever Slack or a shop answers.
      readinessProbe:
        httpGet: {path: /healthz, port: http}
        periodSeconds: 10
        timeoutSeconds: 5
      resources: {{- toYaml .Values.resources | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: {drop: [ALL]}
      {{- if not $postgres }}
      volumeMounts:
        - {name: data, mountPath: /data}
      {{- else if semverCompare ">=1.30-0" .Capabilities.KubeVersion.Version }}
      # Until all proxies know that it is going, it takes what they bring: a click that meets nobody is lost to whoever made it.
      lifecycle:
        preStop:
          sleep: {seconds: 5}
      {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity: {{- toYaml . | nindent 4 }}
  {{- else }}
  {{- if gt (int .Values.replicas) 1 }}
  # Each on a machine of its own where there are enough.
  affinity:
    podAntiAffinity:
      preferredDuringSchedulingIgnoredDuringExecution:
        - weight: 100
          podAffinityTerm:
            topologyKey: kubernetes.io/hostname
            labelSelector:
              matchLabels: {{- include "sampledesk.selector" . | nindent 16 }}
  {{- end }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
