// What every program in Go does, whatever it speaks with. A peer brings a type over its own calls.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

const refusal = "not without a ticket\n"

var fragments = "κόσμε" + strings.Repeat("x", 70000)

// errAbsent says that the API has no way to do this.
var errAbsent = errors.New("absent")

// closed is the end of a connection: 1005 for a Close frame without a code, 1006 without a frame.
type closed struct {
	code   int
	reason string
}

func (c closed) Error() string { return fmt.Sprintf("closed with %d %q", c.code, c.reason) }

// refused is the answer of a server that does not open a connection.
type refused struct {
	status int
	body   string
}

func (r refused) Error() string { return fmt.Sprintf("refused with %d %q", r.status, r.body) }

type message struct {
	isText bool
	data   string
}

// arrival is a message or the end.
type arrival struct {
	message
	err error
}

type connection interface {
	send(message) error
	// arrivals yields messages, then the end.
	arrivals() <-chan arrival
	// finish closes, with an empty Close frame for the code 0. The end arrives afterwards.
	finish(code int, reason string) error
	// sendFragments sends a text in these fragments, with a Ping in between if the API can do that.
	sendFragments([]string) error
	// ping sends a Ping with a payload and waits for its Pong.
	ping() error
	// drop ends the TCP connection without a Close frame.
	drop() error
	subprotocol() string
}

// pump reads in a goroutine, so that Pings are answered while nobody waits for a message.
func pump(read func() (message, error)) <-chan arrival {
	arrived := make(chan arrival, 200)
	go func() {
		for {
			it, err := read()
			arrived <- arrival{it, err}
			if err != nil {
				return
			}
		}
	}()
	return arrived
}

func receive(c connection) (message, error) {
	it := <-c.arrivals()
	return it.message, it.err
}

func deflates() bool { return os.Getenv("INTEROP_DEFLATE") != "" }

func clientTLS() *tls.Config {
	pem, err := os.ReadFile(os.Getenv("INTEROP_CA"))
	if err != nil {
		return nil
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return &tls.Config{RootCAs: roots}
}

func instead(what interface{}) error { return fmt.Errorf("there came %.80v", what) }

func echoes(c connection, it message) error {
	if err := c.send(it); err != nil {
		return err
	}
	came, err := receive(c)
	if err == nil && came != it {
		return instead(came)
	}
	return err
}

func answers(c connection, command, answer string) error {
	if err := c.send(message{true, command}); err != nil {
		return err
	}
	came, err := receive(c)
	if err == nil && came != (message{true, answer}) {
		return instead(came)
	}
	return err
}

// hangUp closes and waits for the peer's Close frame.
func hangUp(c connection, code int, reason string) error {
	if err := c.finish(code, reason); err != nil {
		return err
	}
	return expectEnd(c, func(end closed) bool { return end.code != 1006 })
}

func expectEnd(c connection, good func(closed) bool) error {
	came, err := receive(c)
	var end closed
	if errors.As(err, &end) && good(end) {
		return nil
	}
	if err != nil {
		return err
	}
	return instead(came)
}

func textOf(size int) string {
	unit := "κό σμε😀a漢字!"
	times := size / len(unit)
	return strings.Repeat(unit, times) + strings.Repeat(".", size-times*len(unit))
}

func binaryOf(size int) string {
	data := make([]byte, size)
	rand.New(rand.NewSource(1)).Read(data)
	return string(data)
}

func closing(what string) (int, string) {
	switch what {
	case "none":
		return 0, ""
	case "reason":
		return 3001, "enough κόσμε"
	case "longest":
		return 1000, strings.Repeat("r", 123)
	}
	code, _ := strconv.Atoi(what)
	return code, ""
}

func closeReceived(c connection, what string) error {
	code, reason := closing(what)
	command := "!close"
	if code != 0 {
		command = strings.TrimSpace(fmt.Sprintf("!close %d %s", code, reason))
	} else {
		code = 1005
	}
	if err := c.send(message{true, command}); err != nil {
		return err
	}
	return expectEnd(c, func(end closed) bool { return end == closed{code, reason} })
}

func many(c connection) error {
	for number := 0; number < 100; number++ {
		text := strings.Repeat(fmt.Sprintf("message %d ", number), number)
		if err := echoes(c, message{true, text}); err != nil {
			return err
		}
	}
	return nil
}

func fragmentsSent(c connection) error {
	if err := c.sendFragments([]string{"κό", "", "σμε", fragments[len("κόσμε"):]}); err != nil {
		return err
	}
	came, err := receive(c)
	if err == nil && came != (message{true, fragments}) {
		return instead(came)
	}
	return err
}

// talk does what a cell asks for, up to its closing; it tells whether the cell has closed.
func talk(c connection, name, what string) (bool, error) {
	size, _ := strconv.Atoi(what)
	switch name {
	case "text":
		return false, echoes(c, message{true, textOf(size)})
	case "binary":
		return false, echoes(c, message{false, binaryOf(size)})
	case "many":
		return false, many(c)
	case "fragments-sent":
		return false, fragmentsSent(c)
	case "fragments-received":
		return false, answers(c, "!fragments", fragments)
	case "ping-sent":
		return false, c.ping()
	case "ping-received":
		return false, answers(c, "!ping", "ponged")
	case "subprotocol":
		if c.subprotocol() != "chat" {
			return false, instead(c.subprotocol())
		}
		return false, nil
	case "idle":
		time.Sleep(3 * time.Second)
		return false, echoes(c, message{true, "awake"})
	case "close-sent":
		code, reason := closing(what)
		return true, hangUp(c, code, reason)
	case "close-received":
		return true, closeReceived(c, what)
	case "drop-sent":
		if err := echoes(c, message{true, "bye"}); err != nil {
			return true, err
		}
		return true, c.drop()
	case "drop-received":
		// Some are told of the end while they still write.
		_ = c.send(message{true, "!drop"})
		return true, expectEnd(c, func(end closed) bool { return end.code == 1006 })
	}
	return false, fmt.Errorf("there is no cell %s", name)
}

type opener func(url string, subprotocols []string) (connection, error)

func tryCell(open opener, url, cell string) error {
	parts := append(strings.SplitN(cell, ":", 2), "")
	var offered []string
	if cell == "subprotocol" {
		offered = []string{"other", "chat"}
	}
	c, err := open(url+"/"+cell, offered)
	if cell == "refusal" {
		if err == (refused{401, refusal}) {
			return nil
		}
		return instead(err)
	}
	if err != nil {
		return err
	}
	hasClosed, err := talk(c, parts[0], parts[1])
	if err == nil && !hasClosed {
		return hangUp(c, 1000, "")
	}
	return err
}

func runClient(open opener) {
	url := strings.TrimSuffix(os.Args[2], "/")
	for _, cell := range os.Args[3:] {
		line := map[string]string{"cell": cell, "outcome": "passed"}
		if err := tryCell(open, url, cell); errors.Is(err, errAbsent) {
			line["outcome"] = "absent"
		} else if err != nil {
			line["outcome"], line["detail"] = "failed", err.Error()
		}
		text, _ := json.Marshal(line)
		fmt.Println(string(text))
	}
}

// serve sends messages back and obeys commands, until the connection ends.
func serve(c connection) {
	for {
		it, err := receive(c)
		if err != nil {
			return
		}
		if err = obey(c, it); errors.Is(err, errAbsent) {
			err = c.send(message{true, "absent"})
		}
		if err != nil {
			return
		}
	}
}

func obey(c connection, it message) error {
	words := append(strings.SplitN(it.data, " ", 3), "", "")
	if !it.isText {
		return c.send(it)
	}
	switch words[0] {
	case "!close":
		code, _ := strconv.Atoi(words[1])
		return c.finish(code, words[2])
	case "!fragments":
		return c.sendFragments([]string{"κό", "σμε", fragments[len("κόσμε"):]})
	case "!drop":
		return c.drop()
	case "!ping":
		if err := c.ping(); err != nil {
			return err
		}
		return c.send(message{true, "ponged"})
	}
	return c.send(it)
}

// listen serves requests by HTTP/1.1.
func listen(accept http.HandlerFunc) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	http.HandleFunc("/refusal", func(answer http.ResponseWriter, _ *http.Request) {
		answer.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(answer, refusal)
	})
	http.HandleFunc("/", accept)
	server := &http.Server{TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){}}
	if key := os.Getenv("INTEROP_KEY"); key != "" {
		fmt.Printf("listening on wss://%s\n", listener.Addr())
		panic(server.ServeTLS(listener, os.Getenv("INTEROP_CERTIFICATE"), key))
	}
	fmt.Printf("listening on ws://%s\n", listener.Addr())
	panic(server.Serve(listener))
}
