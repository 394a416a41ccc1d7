module github.com/mocloud/mocloud/web

go 1.26.0

ignore ./node_modules
