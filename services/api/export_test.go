package api

import "time"

// KeepAlive sets how often silent streams of events ask by themselves whether their callers may still see them. Call it
// before Run.
func (s *Service) KeepAlive(d time.Duration) { s.keepAlive = d }
