{{- define "entrega.name" -}}
{{ .root.Release.Name }}-{{ .p.name }}
{{- end }}

{{/* What tells a process' pods from all others. */}}
{{- define "entrega.selector" -}}
app.kubernetes.io/instance: {{ .root.Release.Name }}
entrega.dev/process: {{ .p.name }}
{{- end }}

{{- define "entrega.labels" -}}
{{ include "entrega.selector" . }}
app.kubernetes.io/name: entrega
app.kubernetes.io/part-of: entrega
app.kubernetes.io/component: {{ .p.role }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
entrega.dev/service: {{ .p.service }}
{{- end }}

{{- define "entrega.metadata" -}}
name: {{ include "entrega.name" . }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "entrega.labels" . | nindent 2 }}
{{- end }}

{{/* Of a service, not of one of its processes. */}}
{{- define "entrega.serviceMetadata" -}}
name: {{ .root.Release.Name }}-{{ .service }}
namespace: {{ .root.Release.Namespace }}
labels:
  app.kubernetes.io/instance: {{ .root.Release.Name }}
  app.kubernetes.io/name: entrega
  app.kubernetes.io/part-of: entrega
  app.kubernetes.io/managed-by: {{ .root.Release.Service }}
  entrega.dev/service: {{ .service }}
{{- end }}

{{/* A build's id, where no controller names it: Temporal and KEDA are told the same. */}}
{{- define "entrega.build" -}}
{{ .digest | trimPrefix "sha256:" | trunc 12 }}
{{- end }}

{{- define "entrega.trigger" -}}
type: temporal
authenticationRef: {name: {{ .root.Release.Name }}-keda}
metadata:
  endpoint: {{ .root.Values.temporal.address }}
  tlsServerName: {{ .root.Values.temporal.serverName }}
  taskQueue: {{ .p.service }}
  targetQueueSize: {{ .root.Values.scaling.backlog | quote }}
  queueTypes: {{ ternary "workflow,activity" "activity" .p.versioned }}
{{- end }}
