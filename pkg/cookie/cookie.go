// Package cookie names the cookies of the API. Browsers keep cookies by host name and know no ports, so that who else serves
// on that name gets them too: the mock server, which must not let mocks see or set them.
package cookie

// The cookies with a browser's session: where the API is reached over https, and where it is not.
const (
	SecureSession = "__Host-mocloud_session"
	Session       = "mocloud_session"
)

// IsSession reports whether a cookie with this name is a session's.
func IsSession(name string) bool { return name == SecureSession || name == Session }
