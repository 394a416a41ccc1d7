// Package lifecycle runs the members of a process and stops them: signals, health, the ops port. Mains and cmd/mocloud
// import it; services import it for Health only.
package lifecycle
