// nhooyr.io/websocket as a client and as a server.
package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"

	"nhooyr.io/websocket"
)

type onNhooyr struct {
	socket *websocket.Conn
	come   <-chan arrival
}

func newConnection(socket *websocket.Conn) *onNhooyr {
	socket.SetReadLimit(64 << 20)
	read := func() (message, error) {
		kind, data, err := socket.Read(context.Background())
		return message{kind == websocket.MessageText, string(data)}, ending(err)
	}
	return &onNhooyr{socket, pump(read)}
}

func ending(err error) error {
	var end websocket.CloseError
	if errors.As(err, &end) {
		return closed{int(end.Code), end.Reason}
	}
	if err != nil {
		return closed{1006, ""}
	}
	return nil
}

func (c *onNhooyr) send(it message) error {
	kind := websocket.MessageBinary
	if it.isText {
		kind = websocket.MessageText
	}
	return c.socket.Write(context.Background(), kind, []byte(it.data))
}

func (c *onNhooyr) arrivals() <-chan arrival { return c.come }

// Close reads for itself until the peer's Close frame is there, which then arrives nowhere else.
func (c *onNhooyr) finish(code int, reason string) error {
	if code == 0 {
		code = int(websocket.StatusNoStatusRcvd)
	}
	return c.socket.Close(websocket.StatusCode(code), reason)
}

func (c *onNhooyr) sendFragments(fragments []string) error {
	if deflates() {
		// It is its compressor that decides when there is enough for a frame.
		return errAbsent
	}
	writer, err := c.socket.Writer(context.Background(), websocket.MessageText)
	if err != nil {
		return err
	}
	for _, fragment := range fragments {
		if _, err := io.WriteString(writer, fragment); err != nil {
			return err
		}
	}
	return writer.Close()
}

func (c *onNhooyr) ping() error { return c.socket.Ping(context.Background()) }

// Its API closes with a Close frame always.
func (c *onNhooyr) drop() error { return errAbsent }

func (c *onNhooyr) subprotocol() string { return c.socket.Subprotocol() }

func compression() websocket.CompressionMode {
	if deflates() {
		return websocket.CompressionContextTakeover
	}
	return websocket.CompressionDisabled
}

func open(url string, subprotocols []string) (connection, error) {
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: clientTLS()}}
	options := websocket.DialOptions{
		CompressionMode: compression(), CompressionThreshold: 1, Subprotocols: subprotocols, HTTPClient: client,
	}
	socket, response, err := websocket.Dial(context.Background(), url, &options)
	if err != nil && response != nil && response.StatusCode != http.StatusSwitchingProtocols {
		body, _ := io.ReadAll(response.Body)
		return nil, refused{response.StatusCode, string(body)}
	}
	if err != nil {
		return nil, err
	}
	return newConnection(socket), nil
}

func accept(answer http.ResponseWriter, request *http.Request) {
	options := websocket.AcceptOptions{
		CompressionMode: compression(), CompressionThreshold: 1, Subprotocols: []string{"chat"},
	}
	socket, err := websocket.Accept(answer, request, &options)
	if err == nil {
		serve(newConnection(socket))
	}
}

func main() {
	if os.Args[1] == "server" {
		listen(accept)
	}
	runClient(open)
}
