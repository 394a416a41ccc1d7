module github.com/mocloud/mocloud/services/mockserver

go 1.26.0

require github.com/mocloud/mocloud/pkg v0.0.0

replace github.com/mocloud/mocloud/pkg => ../../pkg
