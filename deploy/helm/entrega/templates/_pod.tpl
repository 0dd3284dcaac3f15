{{/* A process' pod: one container of our image, or a job's. */}}
{{- define "entrega.pod" -}}
{{- $root := .root -}}
{{- $p := .p -}}
serviceAccountName: {{ $root.Release.Name }}-{{ $p.service }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- if eq $p.role "job" }}
restartPolicy: Never
{{- else }}
terminationGracePeriodSeconds: 60  # an API leaves within 35 s, a worker within 30
{{- end }}
{{- include "entrega.placement" . | nindent 0 }}
{{- with .before }}
initContainers:
  {{- range . }}
  - {{- include "entrega.container" (dict "root" $root "p" (merge (dict "name" (last .) "command" .) $p)) | nindent 4 }}
  {{- end }}
{{- end }}
containers:
  - {{- include "entrega.container" . | nindent 4 }}
volumes:
  - name: scratch
    emptyDir: {sizeLimit: {{ $p.scratch | default "64Mi" }}}
  - name: authority
    configMap: {name: {{ $root.Values.tls.authorityConfigMap }}}
  - name: tls
    secret: {secretName: {{ $root.Release.Name }}-{{ $p.service }}-tls, defaultMode: 0440}
  {{- with $p.secret }}
  - name: settings
    secret:
      secretName: {{ $root.Release.Name }}-{{ $p.service }}
      defaultMode: 0440
      items:
        {{- range . }}
        - {key: ENTREGA_{{ . }}, path: ENTREGA_{{ . }}}
        {{- end }}
  {{- end }}
  {{- range $p.keys }}
  - name: {{ . }}
    secret: {secretName: {{ (get $root.Values.keys .).secret }}, defaultMode: 0440}
  {{- end }}
{{- end }}

{{- define "entrega.container" -}}
{{- $root := .root -}}
{{- $p := .p -}}
name: {{ $p.name }}
image: {{ $p.repository | default $root.Values.image.repository }}@{{ $p.digest }}
imagePullPolicy: Always
args: {{ $p.command | toJson }}
env:
  {{- include "entrega.env" . | nindent 2 }}
{{- with $p.credentials }}
envFrom:
  - secretRef: {name: {{ . }}}  # an object store's, which its library reads nowhere else
{{- end }}
resources:
  {{- $memory := $p.memory | default $root.Values.resources.requests.memory }}
  requests:
    {{- toYaml (merge (dict "memory" $memory) $root.Values.resources.requests) | nindent 4 }}
  limits:
    {{- toYaml (merge (dict "memory" $memory) $root.Values.resources.limits) | nindent 4 }}
securityContext:
  {{- include "entrega.locked" . | nindent 2 }}
{{- if ne $p.role "job" }}
{{- $port := ternary "https" "metrics" (eq $p.role "api") }}
ports:
  {{- if eq $p.role "api" }}
  - {name: https, containerPort: 8443}
  {{- end }}
  - {name: metrics, containerPort: 9460}
startupProbe:
  httpGet: {path: /healthz/live, port: {{ $port }}, scheme: HTTPS}
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /healthz/live, port: {{ $port }}, scheme: HTTPS}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /healthz/ready, port: {{ $port }}, scheme: HTTPS}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 2
{{- end }}
volumeMounts:
  - {name: scratch, mountPath: /tmp}
  - {name: authority, mountPath: /run/entrega/authority, readOnly: true}
  - {name: tls, mountPath: /run/entrega/tls, readOnly: true}
  {{- if $p.secret }}
  - {name: settings, mountPath: /run/entrega/settings, readOnly: true}
  {{- end }}
  {{- range $p.keys }}
  - {name: {{ . }}, mountPath: /run/entrega/keys/{{ . }}, readOnly: true}
  {{- end }}
{{- end }}

{{- define "entrega.env" -}}
{{- $root := .root -}}
{{- $p := .p -}}
{{- $jwks := printf "https://%s-users-api.%s.svc:8443/v1/users/jwks" $root.Release.Name $root.Release.Namespace -}}
{{- $env := dict
  "TLS_REQUIRED" "true"
  "TLS_CERT_FILE" "/run/entrega/tls/tls.crt"
  "TLS_KEY_FILE" "/run/entrega/tls/tls.key"
  "TLS_CA_FILE" "/run/entrega/authority/ca.crt"
  "TEMPORAL_ADDRESS" $root.Values.temporal.address
  "TEMPORAL_NAMESPACE" $root.Values.temporal.namespace
  "TEMPORAL_TLS" "true"
  "TEMPORAL_TLS_DOMAIN" $root.Values.temporal.serverName
  "PUBLIC_URL" (printf "https://%s" $root.Values.hosts.app)
  "APP_URL" (printf "https://%s" $root.Values.hosts.app)
-}}
{{- if $p.secret }}{{ $_ := set $env "SECRETS_DIR" "/run/entrega/settings" }}{{ end }}
{{- if has "users" $p.edges }}{{ $_ := set $env "JWKS_URL" $jwks }}{{ end }}
{{- if ne $p.role "job" }}{{ $_ := set $env "METRICS_ADDRESS" "0.0.0.0:9460" }}{{ end }}
{{- if and $p.versioned (not $root.Values.workerController.enabled) }}
{{- $_ := set $env "BUILD_ID" (include "entrega.build" $p) }}
{{- $_ := set $env "SET_CURRENT_VERSION" "true" }}
{{- end }}
{{- range $p.keys }}
{{- $key := get $root.Values.keys . }}
{{- $_ := set $env $key.setting (printf "/run/entrega/keys/%s%s" . (ternary "" (printf "/%s" $key.file) ($key.folder | default false))) }}
{{- end }}
{{- range $name, $value := mergeOverwrite $env $root.Values.settings ($p.settings | default dict) }}
- {name: ENTREGA_{{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end }}

{{/* Where pods go and as whom. */}}
{{- define "entrega.placement" -}}
{{- if ne .p.role "job" }}
topologySpreadConstraints:
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "entrega.selector" $ | nindent 8 }}
  {{- end }}
{{- end }}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "entrega.locked" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
runAsUser: 10001
capabilities: {drop: [ALL]}
{{- end }}
