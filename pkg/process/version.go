package process

// version is set by the build: -ldflags "-X github.com/mocloud/mocloud/pkg/process.version=1.2.3".
var version = "dev"

// Version is the version of this program.
func Version() string { return version }
