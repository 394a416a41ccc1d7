// Package providertest judges what mocloud sends to providers, and plays them. The judges are the providers' own OpenAPI
// documents (testdata/ORIGIN.md says where they come from); the fakes keep state, turn pages and fail on demand.
package providertest
