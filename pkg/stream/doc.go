// Package stream makes a lossless, ordered stream of numbered changes out of Redis Pub/Sub, which delivers at most once and
// remembers nothing. Producers are the api (streams mocks and domains) and yamlgen (stream unified); consumers are yamlgen,
// cloudops, the mock servers and the api.
//
// # Model
//
// A stream has an epoch and, within it, changes numbered 1, 2, 3 … without holes. Numbers are given by whatever commits a
// change (the api's database transaction; yamlgen reuses the numbers of the mocks stream), never by this package. The
// producer keeps a [Log]: not necessarily every change, but always the latest one of each thing, so that a replay of
// everything after a number leads to the present state. A log that lost its past (a restored database) starts a new
// epoch; so does one whose consumers report (event.Applied) a number beyond its head, or a newer epoch than its own.
// Epochs are ordered (NewEpoch): a consumer follows the newest one that it sees, and messages of older ones change nothing.
//
// A consumer keeps its [Position] with its output. It applies changes strictly in order, each once in effect: a number at
// or below the position is dropped, a number beyond the next waits until what is between has arrived or is known to be
// superseded.
//
// # Messages
//
// All are JSON, on Redis channels under a configurable prefix:
//
//	{prefix}{type}                       an event.Envelope, for example "mocloud:mock.updated"
//	{prefix}stream.{stream}.heartbeat    {v, epoch, head, fresh}: about once a second, and shortly after a publish;
//	                                     fresh when the producer has just begun to hear requests
//	{prefix}stream.{stream}.replay       {v, request, instance, epoch, after, direct, snapshot, forgotten}: "everything after
//	                                     41, please"
//	{prefix}stream.{stream}.batch.{instance}
//	                                     {v, request, instance, epoch, from, to, head, changes, too_old, forgotten}: an answer
//	                                     for that instance
//	{prefix}stream.{stream}.batch        the same for everybody: a range with superseded numbers; or an answer to an instance
//	                                     that does not hear a channel of its own (not direct)
//	{prefix}applied                      event.Applied: how far a consumer is, at once after a batch and once a second
//
// A batch covers the numbers (from, to]. Those missing in it were superseded by later changes. It is bounded in changes
// and bytes; a consumer that sees head > to asks again after it has applied the batch, which is the flow control.
//
// Several producers may share one Log (replicas of the api): each publishes the changes that it committed, every one
// sends heartbeats, and one of them answers a request, the one that claims it with SET NX under
// {prefix}stream.{stream}.claim.{request}. If it dies before it answers, the consumer asks again under a new request.
//
// # States of a consumer
//
//	starting     asks its Handler for the position, repeats with backoff until it gets one
//	asking       after every (re)connection, hole or long answer: one replay request is out; repeated with backoff
//	live         applies changes as they come; a run of them that arrived while the former was applied is one Apply
//	waiting      a number is missing, or a heartbeat is ahead: after a short grace (messages of several producers
//	             interleave) without progress → asking
//	resetting    the epoch differs or the log no longer reaches back: Handler.Reset, then a replay from 0; or, where the
//	             Handler is a Snapshotter, its Snapshot, then a replay from there
//	disconnected changes cannot arrive; Connected is false and the owner may fall back to other means; every
//	             reconnection is a possible hole → asking
//
// # What fails, and how it heals
//
//	a message is lost                    the next number or the next heartbeat shows the hole → replay
//	a message comes twice, or late       dropped by number, or kept until its turn
//	two producers' messages interleave   the grace lets them settle
//	the producer dies after its commit   its next life's, or another replica's, heartbeat shows the head → replay
//	the answering producer dies          the request is repeated under a new name, within a second at first, never later
//	                                     than 4 s; an answer to the former one is taken all the same
//	the consumer dies while applying     it starts from the position in its output; what it does again is idempotent
//	Apply fails                          repeated with backoff; the position stays; later changes wait, bounded
//	more arrives than may wait           the furthest is dropped; it shows as a hole when its turn comes
//	Redis is gone, restarted, or forgets the position is with the output, numbers with the producer: reconnect, ask
//	the connection is silent             pings find out within seconds; then as a lost connection
//	it is up, and no producer is heard  after 10 s the consumer counts as disconnected, and asks once one is heard
//	the log was purged                   too_old → resetting; in the middle of a replay from 0 (snapshot) only if more was
//	                                     forgotten since it began
//	the database was restored            new epoch → resetting
//	Postgres fails over to a replica     the first number given in another timeline begins a new epoch; before that, reports
//	that lagged behind                   from beyond the head do
//	a producer of a past epoch wakes up  its messages are ignored, and it answers nobody who is further
//	a stray message of a newer epoch     a reset begins. A plain Handler reports the epoch once it has reset, so that the log begins
//	                                     a newer one still; a Snapshotter reports it only after a snapshot of it, and returns to the
//	                                     epoch that goes on once the stray one has been silent for 10 s
//	a reset cannot end                   news of a newer epoch replaces it
//	the clock jumps                      Redis ends claims and leases early or late: a request is answered twice, two
//	                                     generators are active; here only monotonic durations are used
//
// Each row is a test in this package or in tests/chaos.
package stream
