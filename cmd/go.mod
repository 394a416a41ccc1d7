module github.com/mocloud/mocloud/cmd

go 1.26.0

require (
	github.com/mocloud/mocloud/pkg v0.0.0
	github.com/mocloud/mocloud/services/api v0.0.0
	github.com/mocloud/mocloud/services/cloudops v0.0.0
	github.com/mocloud/mocloud/services/mockserver v0.0.0
	github.com/mocloud/mocloud/services/proxy v0.0.0
	github.com/mocloud/mocloud/services/yamlgen v0.0.0
	github.com/prometheus/client_golang v1.25.0
	github.com/spf13/cobra v1.10.2
)

require (
	code.dny.dev/ssrf v0.3.0 // indirect
	github.com/beorn7/perks v1.0.1 // indirect
	github.com/brianvoe/gofakeit/v7 v7.18.1 // indirect
	github.com/caarlos0/env/v11 v11.4.2 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/munnerz/goautoneg v0.0.0-20191010083416-a7dc8b61c822 // indirect
	github.com/prometheus/client_model v0.6.3 // indirect
	github.com/prometheus/common v0.72.0 // indirect
	github.com/prometheus/procfs v0.22.0 // indirect
	github.com/redis/go-redis/v9 v9.23.0 // indirect
	github.com/richardlehane/mscfb v1.0.7 // indirect
	github.com/richardlehane/msoleps v1.0.6 // indirect
	github.com/spf13/pflag v1.0.9 // indirect
	github.com/tiendc/go-deepcopy v1.7.2 // indirect
	github.com/xuri/efp v0.0.1 // indirect
	github.com/xuri/excelize/v2 v2.11.0 // indirect
	github.com/xuri/nfp v0.0.2-0.20250530014748-2ddeb826f9a9 // indirect
	go.uber.org/atomic v1.12.0 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.43.0 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
	gopkg.in/yaml.v3 v3.0.1 // indirect
)

replace github.com/mocloud/mocloud/pkg => ../pkg

replace github.com/mocloud/mocloud/services/api => ../services/api

replace github.com/mocloud/mocloud/services/yamlgen => ../services/yamlgen

replace github.com/mocloud/mocloud/services/cloudops => ../services/cloudops

replace github.com/mocloud/mocloud/services/mockserver => ../services/mockserver

replace github.com/mocloud/mocloud/services/proxy => ../services/proxy
