{{/* Every process that goes on, by name: its service, role, command, Secret, keys and edges; as YAML. */}}
{{- define "entrega.processes" -}}
{{- $root := . -}}
{{- range $service, $s := .Values.services }}
{{- range $role := list "api" "worker" "relay" }}
{{- with get $s $role }}
{{- $name := ternary $service (printf "%s-%s" $service $role) (eq $service $role) }}
{{- $command := ternary (list "relay") (list $role $service) (eq $role "relay") }}
{{- if eq $role "api" }}{{ $command = concat $command (list "--host" "0.0.0.0" "--port" "8443") }}{{ end }}
{{ $name }}: {{ dict
  "name" $name
  "service" $service
  "role" $role
  "command" $command
  "versioned" (and (eq $role "worker") ($s.versioned | default false))
  "digest" (($s.image).digest | default $root.Values.image.digest)
  "secret" $s.secret
  "keys" (concat $s.keys (.keys | default list))
  "edges" .edges
  "least" (.least | default $root.Values.scaling.least)
  "most" (.most | default $root.Values.scaling.most)
  "memory" .memory
  | toJson }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* What runs now and then, the same way: of an image of its own, or of the newest there is, as the migration. */}}
{{- define "entrega.jobs" -}}
{{- $newest := (.Values.migrate.image).digest | default .Values.image.digest -}}
{{- range $name, $j := .Values.jobs }}
{{- if $j.enabled }}
{{- if and ($j.image).repository (not ($j.image).digest) }}
{{- fail (printf "jobs.%s.image.digest is required: %s is another image" $name $j.image.repository) }}
{{- end }}
{{ $name }}: {{ dict
  "name" $name
  "service" $name
  "role" "job"
  "command" $j.command
  "versioned" false
  "digest" (($j.image).digest | default $newest)
  "repository" ($j.image).repository
  "memory" $j.memory
  "secret" ($j.secret | default list)
  "settings" ($j.settings | default dict)
  "keys" ($j.keys | default list)
  "edges" $j.edges
  "scratch" $j.scratch
  "credentials" $j.credentials
  "schedule" $j.schedule
  "suspend" ($j.suspend | default false)
  | toJson }}
{{- end }}
{{- end }}
{{- end }}

{{/* The migration, which has everything before the first release. */}}
{{- define "entrega.migrate" -}}
{{ dict
  "name" "migrate"
  "service" "migrate"
  "role" "job"
  "command" (list "migrate")
  "versioned" false
  "digest" ((.Values.migrate.image).digest | default .Values.image.digest)
  "secret" .Values.migrate.secret
  "keys" list
  "edges" .Values.migrate.edges
  | toJson }}
{{- end }}
