// Package lifecycle runs the members of a process and stops them: signals, health, the ops port.
package lifecycle
