package mockserver

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// talker speaks HTTP/2 frame by frame.
type talker struct {
	*http2.Framer
	conn net.Conn
}

// talkHTTP2 begins HTTP/2 without TLS, as RFC 9113, section 3.3 has it.
func talkHTTP2(t *testing.T, address string) *talker {
	t.Helper()
	conn := dial(t, address)
	k := &talker{Framer: http2.NewFramer(conn, conn), conn: conn}
	k.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	if _, err := io.WriteString(conn, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	if err := k.WriteSettings(); err != nil {
		t.Fatal(err)
	}
	return k
}

// ask sends the head of a request; pairs are fields.
func (k *talker) ask(stream uint32, end bool, pairs ...string) error {
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for i := 0; i < len(pairs); i += 2 {
		if err := encoder.WriteField(hpack.HeaderField{Name: pairs[i], Value: pairs[i+1]}); err != nil {
			return err
		}
	}
	return k.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block.Bytes(), EndHeaders: true, EndStream: end})
}

// get is the head of a GET of /x.
func get(more ...string) []string {
	return append([]string{":method", "GET", ":scheme", "http", ":authority", "a", ":path", "/x"}, more...)
}

// until reads frames until one of the kind, or the end of the connection, and says what happened.
func (k *talker) until(t *testing.T, kind http2.FrameType) string {
	t.Helper()
	for {
		frame, err := k.ReadFrame()
		if err != nil {
			return "closed"
		}
		switch f := frame.(type) {
		case *http2.GoAwayFrame:
			if f.ErrCode != http2.ErrCodeNo {
				return "GOAWAY " + f.ErrCode.String()
			}
		case *http2.RSTStreamFrame:
			return "RST_STREAM " + f.ErrCode.String()
		case *http2.MetaHeadersFrame:
			if kind == http2.FrameHeaders {
				return "HEADERS " + f.PseudoValue("status")
			}
		case *http2.DataFrame:
			if kind == http2.FrameData {
				return "DATA " + string(f.Data())
			}
		case *http2.PingFrame:
			if kind == http2.FramePing && f.IsAck() {
				return "PING " + string(f.Data[:])
			}
		case *http2.SettingsFrame:
			if !f.IsAck() {
				_ = k.WriteSettingsAck()
			} else if kind == http2.FrameSettings {
				return "SETTINGS ack"
			}
		}
	}
}

// TestHTTP2Frames: callers who begin with HTTP/2 reach a whole HTTP/2 server, which minds the rules of RFC 9113.
func TestHTTP2Frames(t *testing.T) {
	address := rawServer(t)
	for _, c := range []struct {
		name string
		send func(k *talker) error
		wait http2.FrameType
		want string
	}{
		{"a request", func(k *talker) error { return k.ask(1, true, get()...) }, http2.FrameData, "DATA hello"},
		{"a body", func(k *talker) error {
			if err := k.ask(1, false, ":method", "POST", ":scheme", "http", ":authority", "a", ":path", "/echo"); err != nil {
				return err
			}
			if err := k.WriteData(1, false, []byte("ab")); err != nil {
				return err
			}
			return k.WriteData(1, true, []byte("c"))
		}, http2.FrameData, "DATA [abc]"},
		{"nobody's path", func(k *talker) error {
			return k.ask(1, true, ":method", "GET", ":scheme", "http", ":authority", "a", ":path", "/none")
		}, http2.FrameHeaders, "HEADERS 404"},
		{"3.4: settings are acknowledged", func(*talker) error { return nil }, http2.FrameSettings, "SETTINGS ack"},
		{"6.7: a ping comes back", func(k *talker) error { return k.WritePing(false, [8]byte{'1', '2', '3', '4', '5', '6', '7', '8'}) }, http2.FramePing, "PING 12345678"},
		{"4.2: a frame too large", func(k *talker) error { return k.WriteRawFrame(http2.FrameHeaders, 0, 1, make([]byte, 1<<20+1)) }, http2.FrameData, "GOAWAY FRAME_SIZE_ERROR"},
		{"5.1: data of an idle stream", func(k *talker) error { return k.WriteData(1, true, []byte("x")) }, http2.FrameData, "GOAWAY PROTOCOL_ERROR"},
		{"5.1.1: a stream with an even number", func(k *talker) error { return k.ask(2, true, get()...) }, http2.FrameData, "GOAWAY PROTOCOL_ERROR"},
		{"6.5.2: a wrong setting", func(k *talker) error {
			return k.WriteSettings(http2.Setting{ID: http2.SettingEnablePush, Val: 2})
		}, http2.FrameData, "GOAWAY PROTOCOL_ERROR"},
		{"6.9.1: a window too large", func(k *talker) error {
			if err := k.WriteWindowUpdate(0, 1<<31-1); err != nil {
				return err
			}
			return k.WriteWindowUpdate(0, 1<<31-1)
		}, http2.FrameData, "GOAWAY FLOW_CONTROL_ERROR"},
		{"8.2.1: a name in upper case", func(k *talker) error { return k.ask(1, true, get("X-Upper", "x")...) }, http2.FrameData, "RST_STREAM PROTOCOL_ERROR"},
		{"8.2.2: a connection header", func(k *talker) error { return k.ask(1, true, get("connection", "close")...) }, http2.FrameHeaders, "HEADERS 400"},
		{"8.3.1: no path", func(k *talker) error { return k.ask(1, true, ":method", "GET", ":scheme", "http") }, http2.FrameData, "RST_STREAM PROTOCOL_ERROR"},
		{"8.1.1: more data than announced", func(k *talker) error {
			if err := k.ask(1, false, ":method", "POST", ":scheme", "http", ":authority", "a", ":path", "/echo", "content-length", "1"); err != nil {
				return err
			}
			return k.WriteData(1, true, []byte("abc"))
		}, http2.FrameData, "RST_STREAM PROTOCOL_ERROR"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := talkHTTP2(t, address)
			err := c.send(k) // who is refused may be hung up on before all is sent; what counts is what it was told
			if got := k.until(t, c.wait); got != c.want {
				t.Errorf("%q, want %q; sent with %v", got, c.want, err)
			}
		})
	}
	t.Run("3.4: half a preface and something else", func(t *testing.T) {
		t.Parallel()
		conn := dial(t, address)
		_, _ = io.WriteString(conn, strings.Replace(http2.ClientPreface, "SM", "XX", 1))
		if rest, err := io.ReadAll(conn); err == nil && bytes.HasPrefix(rest, []byte("HTTP/1.1 200")) {
			t.Errorf("answered with %q", rest)
		}
	})
}
