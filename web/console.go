// Package console holds the built console, the web page that people use. Programs that serve the API hand its files to the
// api service, which knows no web package.
//
// A build with the tag console embeds the folder dist, which scripts/build-console makes; without it there are no files, and
// the api shows its plain page. Where index.html has __CSP_NONCE__, the server writes the nonce of that answer's
// Content-Security-Policy: style elements that are made at run time need it. Files below assets are kept by browsers forever,
// so their names must change with what is in them.
package console
