module github.com/mocloud/mocloud/cmd

go 1.26.0

require (
	github.com/mocloud/mocloud/pkg v0.0.0
	github.com/mocloud/mocloud/services/api v0.0.0
	github.com/mocloud/mocloud/services/cloudops v0.0.0
	github.com/mocloud/mocloud/services/mockserver v0.0.0
	github.com/mocloud/mocloud/services/proxy v0.0.0
	github.com/mocloud/mocloud/services/yamlgen v0.0.0
)

replace github.com/mocloud/mocloud/pkg => ../pkg

replace github.com/mocloud/mocloud/services/api => ../services/api

replace github.com/mocloud/mocloud/services/yamlgen => ../services/yamlgen

replace github.com/mocloud/mocloud/services/cloudops => ../services/cloudops

replace github.com/mocloud/mocloud/services/mockserver => ../services/mockserver

replace github.com/mocloud/mocloud/services/proxy => ../services/proxy
