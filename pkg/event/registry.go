package event

//go:generate go run ./internal/eventdoc -docs ../../docs

// Kind is what is known of an event type besides its payload.
type Kind struct {
	Payload  Payload  // the zero value of the type's struct
	Numbered bool     // a change of a lossless stream; otherwise it is repeated or may be lost
	From, To []string // services
}

// Kinds lists every event type, by stream. docs/events.md and docs/asyncapi.yaml are generated from it.
func Kinds() []Kind {
	api, yamlgen, mockserver, cloudops := "api", "yamlgen", "mockserver", "cloudops"
	return []Kind{
		{MockUpdated{}, true, []string{api}, []string{yamlgen}},
		{MockDeleted{}, true, []string{api}, []string{yamlgen}},
		{SingleGenerated{}, true, []string{yamlgen}, []string{mockserver, api}},
		{SingleRejected{}, true, []string{yamlgen}, []string{mockserver, api}},
		{SingleRemoved{}, true, []string{yamlgen}, []string{mockserver, api}},
		{UnifiedGenerated{}, false, []string{yamlgen}, []string{mockserver, api}},
		{DomainCreated{}, true, []string{api}, []string{cloudops}},
		{DomainDeleted{}, true, []string{api}, []string{cloudops}},
		{DomainVerificationDispatched{}, true, []string{api}, []string{cloudops}},
		{Applied{}, false, []string{yamlgen, mockserver, cloudops}, []string{api, yamlgen}},
		{CertificateObserved{}, false, []string{mockserver}, []string{api}},
		{DomainApplied{}, false, []string{cloudops}, []string{api}},
		{DomainObserved{}, false, []string{cloudops}, []string{api}},
		{RequestsRecorded{}, false, []string{mockserver}, []string{api}},
		{WebhooksDelivered{}, false, []string{mockserver}, []string{api}},
		{ReportsStored{}, false, []string{api}, []string{mockserver}},
		{WorkspaceChanged{}, false, []string{api}, []string{api}},
	}
}
