{{/* Good for serving under the service's names, and for Temporal's door. */}}
{{- define "entrega.certificate" -}}
{{- $base := printf "%s-%s" .root.Release.Name .service -}}
apiVersion: cert-manager.io/v1
kind: Certificate
metadata:
  {{- include "entrega.serviceMetadata" . | nindent 2 }}
  {{- with .annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  secretName: {{ $base }}-tls
  commonName: {{ $base }}
  dnsNames:
    {{- range list $base (printf "%s-api" $base) (printf "%s-worker" $base) }}
    - {{ . }}
    - {{ . }}.{{ $.root.Release.Namespace }}.svc
    {{- end }}
  duration: {{ .root.Values.tls.duration }}
  renewBefore: {{ .root.Values.tls.renewBefore }}
  privateKey: {algorithm: ECDSA, size: 256, rotationPolicy: Always}
  usages: [digital signature, server auth, client auth]
  issuerRef:
    {{- toYaml .root.Values.tls.issuer | nindent 4 }}
{{- end }}
