// Gorilla as a client and as a server.
package main

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/gorilla/websocket"
)

type onGorilla struct {
	socket *websocket.Conn
	come   <-chan arrival
	ponged chan struct{}
}

func newConnection(socket *websocket.Conn) *onGorilla {
	c := &onGorilla{socket: socket, ponged: make(chan struct{}, 100)}
	socket.SetPongHandler(func(string) error {
		c.ponged <- struct{}{}
		return nil
	})
	c.come = pump(func() (message, error) {
		kind, data, err := socket.ReadMessage()
		return message{kind == websocket.TextMessage, string(data)}, ending(err)
	})
	return c
}

func ending(err error) error {
	var end *websocket.CloseError
	if errors.As(err, &end) && end.Code != websocket.CloseAbnormalClosure {
		return closed{end.Code, end.Text}
	}
	if err != nil {
		return closed{1006, ""}
	}
	return nil
}

func soon() time.Time { return time.Now().Add(5 * time.Second) }

func (c *onGorilla) send(it message) error {
	kind := websocket.BinaryMessage
	if it.isText {
		kind = websocket.TextMessage
	}
	return c.socket.WriteMessage(kind, []byte(it.data))
}

func (c *onGorilla) arrivals() <-chan arrival { return c.come }

func (c *onGorilla) finish(code int, reason string) error {
	var payload []byte
	if code != 0 {
		payload = websocket.FormatCloseMessage(code, reason)
	}
	return c.socket.WriteControl(websocket.CloseMessage, payload, soon())
}

// A fragment leaves when the buffer is full; without compression, that is often enough.
func (c *onGorilla) sendFragments(fragments []string) error {
	c.socket.EnableWriteCompression(false)
	defer c.socket.EnableWriteCompression(true)
	writer, err := c.socket.NextWriter(websocket.TextMessage)
	if err != nil {
		return err
	}
	for _, fragment := range fragments {
		if _, err := io.WriteString(writer, fragment); err != nil {
			return err
		}
		if err := c.socket.WriteControl(websocket.PingMessage, []byte("in between"), soon()); err != nil {
			return err
		}
	}
	return writer.Close()
}

func (c *onGorilla) ping() error {
	err := c.socket.WriteControl(websocket.PingMessage, []byte("are you there?"), soon())
	if err == nil {
		<-c.ponged
	}
	return err
}

func (c *onGorilla) drop() error { return c.socket.UnderlyingConn().Close() }

func (c *onGorilla) subprotocol() string { return c.socket.Subprotocol() }

func open(url string, subprotocols []string) (connection, error) {
	dialer := websocket.Dialer{
		EnableCompression: deflates(), Subprotocols: subprotocols, TLSClientConfig: clientTLS(),
	}
	socket, response, err := dialer.Dial(url, nil)
	if errors.Is(err, websocket.ErrBadHandshake) {
		body, _ := io.ReadAll(response.Body)
		return nil, refused{response.StatusCode, string(body)}
	}
	if err != nil {
		return nil, err
	}
	return newConnection(socket), nil
}

func accept(answer http.ResponseWriter, request *http.Request) {
	upgrader := websocket.Upgrader{EnableCompression: deflates(), Subprotocols: []string{"chat"}}
	socket, err := upgrader.Upgrade(answer, request, nil)
	if err != nil {
		return
	}
	serve(newConnection(socket))
	socket.Close()
}

func main() {
	if os.Args[1] == "server" {
		listen(accept)
	}
	runClient(open)
}
