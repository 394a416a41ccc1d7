//go:build linux

package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/unified"
)

// firstHost answers most of the workloads.
const firstHost = "bench.example.test"

// ask is what one side of a workload is asked.
type ask struct {
	method, host, path, body string
	// hosts and endpoints, when they are set, are how many there are to choose from for each request: the host is m0.example.test
	// and so on, the path /thing-00 and so on.
	hosts, endpoints int
	// still makes the choice and asks for the path of the host all the same, so that asking costs what it costs with a choice.
	still bool
	// close ends the connection after each answer.
	close bool
}

// pick returns the request for one choice.
func (a ask) pick(host, endpoint int) ask {
	if a.hosts > 0 && !a.still {
		a.host = fmt.Sprintf("m%d.example.test", host)
		a.path = fmt.Sprintf("/thing-%02d", endpoint)
		a.hosts, a.endpoints = 0, 0
	}
	return a
}

// raw is the request as it is sent. The headers are those that wrk sends.
func (a ask) raw() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", a.method, a.path, a.host)
	if a.body != "" {
		fmt.Fprintf(&b, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(a.body))
	}
	if a.close {
		b.WriteString("Connection: close\r\n")
	}
	b.WriteString("\r\n" + a.body)
	return b.Bytes()
}

// want is the answer to a request: status, type and body.
func (a ask) want() (status int, body string) {
	switch a.path {
	case "/static":
		return http.StatusOK, `{"hello":"world","list":[1,2,3]}`
	case "/users/ann":
		return http.StatusOK, `{"id":"ann","name":"An example"}`
	case "/orders":
		return http.StatusCreated, `{"name":"Ann","quantity":3,"city":"Oslo"}`
	case "/measures/7/21.5/true":
		return http.StatusOK, `{"sensor":7,"value":21.5,"on":true}`
	case "/large":
		return http.StatusOK, large()
	}
	host, _, _ := strings.Cut(a.host, ".")
	thing, _ := strconv.Atoi(strings.TrimPrefix(a.path, "/thing-"))
	return http.StatusOK, fmt.Sprintf(`{"mock":%s,"thing":%d}`, strings.TrimPrefix(host, "m"), thing)
}

func large() string { return `{"text":"` + strings.Repeat("0123456789abcdef", 6400-1) + `01234"}` }

// workload is one comparison: what the mock server is asked, and what it is compared with.
type workload struct {
	name string
	ask  ask
	// many compares on the servers with many hosts, where the mock server's static answer is measured as well.
	many bool
	// records compares a mock server that keeps requests with one that does not, instead of with the bare handler.
	records bool
	// goal is the ratio to reach; 0: none.
	goal float64
}

// workloads are all there are.
func workloads(hosts, endpoints int) []workload {
	get := func(path string) ask { return ask{method: http.MethodGet, host: firstHost, path: path} }
	static := get("/static")
	post := ask{
		method: http.MethodPost, host: firstHost, path: "/orders",
		body: `{"name":"Ann","quantity":3,"address":{"city":"Oslo","zip":"0150"}}`,
	}
	short := static
	short.close = true
	return []workload{
		{name: "static", ask: static, goal: 1.15},
		{name: "path_parameter", ask: get("/users/ann"), goal: 1.3},
		{name: "post", ask: post, goal: 1.5},
		{name: "typed_parameters", ask: get("/measures/7/21.5/true")},
		{name: "static_100_kib", ask: get("/large")},
		{name: "static_no_keep_alive", ask: short},
		{name: "static_recorded", ask: static, records: true, goal: 1.15},
		{name: "post_recorded", ask: post, records: true, goal: 1.15},
		{name: "hosts_at_random", ask: ask{method: http.MethodGet, hosts: hosts, endpoints: 1}, many: true},
		{name: "endpoints_at_random", ask: ask{method: http.MethodGet, hosts: hosts, endpoints: endpoints}, many: true},
	}
}

const firstMock = `
- endpoint: {path: /static, response: {headers: {Content-Type: application/json}, body: {hello: world, list: [1, 2, 3]}}}
- endpoint:
    path: /users/:id
    response: {headers: {Content-Type: application/json}, body: '{"id": "{{path-params.id}}", "name": "An example"}'}
- endpoint:
    path: /measures/:sensor|int/:value|float/:on|boolean
    response:
      headers: {Content-Type: application/json}
      body: '{"sensor": {{path-params.sensor}}, "value": {{path-params.value}}, "on": {{path-params.on}}}'
- endpoint:
    method: POST
    path: /orders
    response:
      status: 201
      headers: {Content-Type: application/json}
      body: '{"name": "{{json-params.name}}", "quantity": {{json-params.quantity}}, "city": "{{json-params.address.city}}"}'
- endpoint: {path: /large, response: {headers: {Content-Type: application/json}, body: '%s'}}
`

// publishFile writes a unified mock with the first host and many others into the folder of an object store.
func publishFile(dir string, hosts, endpoints int) error {
	lines, err := linesOf(fmt.Appendf(nil, firstMock, large()))
	if err != nil {
		return err
	}
	change := func(id, host string, items []byte) unified.Change {
		return unified.Change{Items: items, Mock: unified.Mock{
			ID: id, WorkspaceID: "w", WorkspaceSlug: "w", Slug: id, Change: 1, Revision: 1, Digest: unified.Digest(items), Hosts: []string{host},
		}}
	}
	changes := []unified.Change{change("bench", firstHost, lines)}
	one, err := manyLines(endpoints)
	if err != nil {
		return err
	}
	for i := range hosts {
		items := bytes.ReplaceAll(one, []byte(strconv.Itoa(anyHost)), []byte(strconv.Itoa(i)))
		c := change(fmt.Sprintf("m%06d", i), fmt.Sprintf("m%d.example.test", i), items)
		c.Mock.Slug = fmt.Sprintf("m%d", i)
		changes = append(changes, c)
	}
	f, err := os.Create(filepath.Join(dir, unified.Key))
	if err != nil {
		return err
	}
	defer f.Close()
	if _, _, err := unified.Merge(f, nil, unified.Header{
		Epoch: "bench", Change: 1, Mocks: 1 + hosts, Endpoints: unified.CountItems(lines) + hosts*endpoints,
	}, changes); err != nil {
		return err
	}
	return f.Close()
}

// anyHost stands for the number of a host in the lines of one of many.
const anyHost = 424242424

// manyLines is the content of one of many hosts.
func manyLines(endpoints int) ([]byte, error) {
	var b bytes.Buffer
	for e := range endpoints {
		fmt.Fprintf(&b, "- endpoint: {path: /thing-%02d, response: {headers: {Content-Type: application/json}, body: {mock: %d, thing: %d}}}\n", e, anyHost, e)
	}
	return linesOf(b.Bytes())
}

func linesOf(content []byte) ([]byte, error) {
	parsed, problems := mockspec.Parse(content, mockspec.Options{})
	if len(problems) > 0 {
		return nil, fmt.Errorf("the mock of the benchmark: %v", problems)
	}
	return mockspec.EncodeLines(parsed), nil
}
