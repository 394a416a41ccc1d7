// Command bare is the yardstick of the HTTP benchmark: what the mock server answers there, written by hand over net/http as a
// careful programmer writes it, without timeouts, limits, counts or records. Only tests/load runs it.
//
//	bare -addr 127.0.0.1:8001 -hosts 10000 -endpoints 100
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8001", "where to listen")
	hosts := flag.Int("hosts", 0, "how many hosts answer beside the first")
	endpoints := flag.Int("endpoints", 100, "how many endpoints each of them has")
	flag.Parse()
	s := newServer(*hosts, *endpoints)
	if err := http.ListenAndServe(*addr, s); err != nil { //nolint:gosec // bare: a timeout would cost something
		fmt.Fprintln(os.Stderr, "bare:", err)
		os.Exit(1)
	}
}

// server answers on one host with a few kinds of answers, and on many with fixed ones.
type server struct {
	first []string // X-Mocloud-Mock of the first host
	hosts map[string]*host
	// What never changes is made once, as who knows net/http does.
	static, large     []byte
	jsonType, anybody []string
}

// host is one of many.
type host struct {
	name []string          // X-Mocloud-Mock
	at   map[string][]byte // answers by path
}

func newServer(hosts, endpoints int) *server {
	s := &server{
		first: []string{"bench@1"}, hosts: make(map[string]*host, hosts), static: []byte(`{"hello":"world","list":[1,2,3]}`), large: large(),
		jsonType: []string{"application/json"}, anybody: []string{"*"},
	}
	for i := range hosts {
		h := &host{name: []string{fmt.Sprintf("m%d@1", i)}, at: make(map[string][]byte, endpoints)}
		for e := range endpoints {
			h.at[fmt.Sprintf("/thing-%02d", e)] = fmt.Appendf(nil, `{"mock":%d,"thing":%d}`, i, e)
		}
		s.hosts[fmt.Sprintf("m%d.example.test", i)] = h
	}
	return s
}

// large is a JSON text of 100 KiB.
func large() []byte {
	return []byte(`{"text":"` + strings.Repeat("0123456789abcdef", 6400-1) + `01234"}`)
}

// ServeHTTP implements http.Handler.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.Host
	if host, _, err := net.SplitHostPort(name); err == nil {
		name = host
	}
	if h := s.hosts[name]; h != nil {
		body, ok := h.at[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		s.answer(w, h.name, http.StatusOK, body)
		return
	}
	switch path := r.URL.Path; {
	case path == "/static":
		s.answer(w, s.first, http.StatusOK, s.static)
	case path == "/large":
		w.Header().Set("Content-Length", strconv.Itoa(len(s.large)))
		w.Header().Set("Vary", "Accept-Encoding") // it would be compressed for who asks for that, and the benchmark does not
		s.answer(w, s.first, http.StatusOK, s.large)
	case strings.HasPrefix(path, "/users/"):
		body, err := json.Marshal(user{ID: path[len("/users/"):], Name: "An example"})
		s.made(w, http.StatusOK, body, err)
	case strings.HasPrefix(path, "/measures/"):
		s.measure(w, path[len("/measures/"):])
	case path == "/readyz":
		w.WriteHeader(http.StatusOK)
	case path == "/orders" && r.Method == http.MethodPost:
		s.order(w, r)
	default:
		http.NotFound(w, r)
	}
}

type user struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type measure struct {
	Sensor int     `json:"sensor"`
	Value  float64 `json:"value"`
	On     bool    `json:"on"`
}

type order struct {
	Name     string `json:"name"`
	Quantity int    `json:"quantity"`
	Address  struct {
		City string `json:"city"`
	} `json:"address"`
}

type ordered struct {
	Name     string `json:"name"`
	Quantity int    `json:"quantity"`
	City     string `json:"city"`
}

func (s *server) measure(w http.ResponseWriter, path string) {
	sensor, rest, _ := strings.Cut(path, "/")
	value, on, _ := strings.Cut(rest, "/")
	var m measure
	var errs [3]error
	m.Sensor, errs[0] = strconv.Atoi(sensor)
	m.Value, errs[1] = strconv.ParseFloat(value, 64)
	m.On, errs[2] = strconv.ParseBool(on)
	for _, err := range errs {
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
	}
	body, err := json.Marshal(m)
	s.made(w, http.StatusOK, body, err)
}

func (s *server) order(w http.ResponseWriter, r *http.Request) {
	var o order
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&o); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	body, err := json.Marshal(ordered{Name: o.Name, Quantity: o.Quantity, City: o.Address.City})
	s.made(w, http.StatusCreated, body, err)
}

func (s *server) made(w http.ResponseWriter, status int, body []byte, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	s.answer(w, s.first, status, body)
}

// answer sends a body with the headers that a mock has.
func (s *server) answer(w http.ResponseWriter, name []string, status int, body []byte) {
	h := w.Header()
	h["Content-Type"], h["Access-Control-Allow-Origin"], h["X-Mocloud-Mock"] = s.jsonType, s.anybody, name
	w.WriteHeader(status)
	_, _ = w.Write(body) // the caller may be gone
}
