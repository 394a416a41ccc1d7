{{- define "mocloud.labels" -}}
{{ include "mocloud.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{- define "mocloud.selector" -}}
app.kubernetes.io/name: mocloud
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .service }}
{{- end }}

{{- define "mocloud.image" -}}
{{ .root.Values.image.registry }}/{{ .service }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}
{{- end }}

{{- define "mocloud.security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: {drop: [ALL]}
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- /* A variable of the installation's secret. */ -}}
{{- define "mocloud.secretVariable" -}}
- name: {{ .name }}
  valueFrom: {secretKeyRef: {name: {{ .secret }}, key: {{ .name }}}}
{{- end }}

{{- /* What each service is: its ports, its own settings, and what it reads of the secret. */ -}}
{{- define "mocloud.services" -}}
api:
  ports: {http: 3000, ops: 9090}
  secrets: [DATABASE_URL, REDIS_URL, OBJECT_STORE_URL, MOCLOUD_ADMIN_TOKEN, SEAL_KEY]
  env:
    API_ADDR: ":3000"
    API_MIGRATE: "false"
    API_PUBLIC_URL: {{ .Values.publicURL | quote }}
    BASE_DOMAIN: {{ .Values.baseDomain | quote }}
    MOCK_URL: "https://{host}"
yamlgen:
  ports: {ops: 9090}
  secrets: [REDIS_URL, OBJECT_STORE_URL]
mockserver:
  ports: {http: 8000, ops: 9090}
  secrets: [REDIS_URL, OBJECT_STORE_URL, MOCKSERVER_EGRESS_TOKEN, SEAL_KEY]
  env:
    MOCKSERVER_ADDR: ":8000"
    MOCKSERVER_EGRESS_URL: "http://{{ .Release.Name }}-proxy:3128"
cloudops:
  ports: {ops: 9090}
  secrets: [REDIS_URL, OBJECT_STORE_URL, CLOUDOPS_PROXY_TOKEN]
  env:
    BASE_DOMAIN: {{ .Values.baseDomain | quote }}
    CLOUDOPS_PROXY_URL: "http://{{ .Release.Name }}-proxy:8080"
proxy:
  ports: {reverse: 8080, forward: 3128, ops: 9090}
  secrets: [MOCKSERVER_EGRESS_TOKEN, CLOUDOPS_PROXY_TOKEN]
  env:
    PROXY_REVERSE_ADDR: ":8080"
    PROXY_FORWARD_ADDR: ":3128"
    PROXY_REVERSE_CALLERS: "cloudops:$(CLOUDOPS_PROXY_TOKEN)"
    PROXY_FORWARD_CALLERS: "mockserver:$(MOCKSERVER_EGRESS_TOKEN)"
{{- end }}
