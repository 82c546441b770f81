// The gateway in Go: net/http in front, a pool of connected UDP sockets behind, last in first out, one exchange at a
// time on each. A socket whose exchange got no reply is closed and not used again.
//
// Usage: gateway --port P --upstream HOST:PORT [--workers N]
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"
)

const (
	maxDatagram = 65507
	deadline    = 2 * time.Second
)

// A pool hands out connected sockets, the one used last first.
type pool struct {
	upstream *net.UDPAddr
	mutex    sync.Mutex
	idle     []*net.UDPConn
}

func (p *pool) take() (*net.UDPConn, error) {
	p.mutex.Lock()
	if n := len(p.idle); n > 0 {
		socket := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mutex.Unlock()
		return socket, nil
	}
	p.mutex.Unlock()
	return net.DialUDP("udp", nil, p.upstream)
}

func (p *pool) put(socket *net.UDPConn) {
	p.mutex.Lock()
	p.idle = append(p.idle, socket)
	p.mutex.Unlock()
}

// exchange sends request and receives the reply into buffer, which request may be a part of.
func (p *pool) exchange(request, buffer []byte) (reply []byte, err error) {
	socket, err := p.take()
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			socket.Close()
		} else {
			p.put(socket)
		}
	}()
	if err = socket.SetDeadline(time.Now().Add(deadline)); err != nil {
		return nil, err
	}
	if _, err = socket.Write(request); err != nil {
		return nil, err
	}
	n, err := socket.Read(buffer)
	return buffer[:n], err
}

// A gateway answers each POST with what its upstream replies to the body.
type gateway struct {
	upstream pool
	buffers  sync.Pool
}

func (g *gateway) ServeHTTP(response http.ResponseWriter, request *http.Request) {
	if request.Method != http.MethodPost {
		fail(response, http.StatusMethodNotAllowed)
		return
	}
	buffer := g.buffers.Get().(*[]byte)
	defer g.buffers.Put(buffer)
	// The buffer is one byte longer than a datagram, so that a body that fills it is too long.
	n, err := io.ReadFull(request.Body, *buffer)
	if err == nil {
		fail(response, http.StatusRequestEntityTooLarge)
		return
	}
	if err != io.EOF && err != io.ErrUnexpectedEOF {
		fail(response, http.StatusBadRequest)
		return
	}
	reply, err := g.upstream.exchange((*buffer)[:n], *buffer)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		fail(response, http.StatusGatewayTimeout)
		return
	}
	if err != nil {
		fail(response, http.StatusBadGateway)
		return
	}
	header := response.Header()
	header["Content-Type"] = textPlain
	header["Content-Length"] = []string{strconv.Itoa(len(reply))}
	response.Write(reply)
}

var textPlain = []string{"text/plain; charset=utf-8"}

func fail(response http.ResponseWriter, status int) {
	http.Error(response, http.StatusText(status), status)
}

func main() {
	port := flag.Int("port", 0, "TCP `port` on loopback; 0 lets the system choose")
	upstream := flag.String("upstream", "", "`HOST:PORT` of the UDP service")
	workers := flag.Int("workers", runtime.NumCPU(), "how many threads run Go code at a time")
	flag.Parse()
	runtime.GOMAXPROCS(*workers)

	address, err := net.ResolveUDPAddr("udp", *upstream)
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		log.Fatal(err)
	}
	g := &gateway{upstream: pool{upstream: address}}
	g.buffers.New = func() any {
		buffer := make([]byte, maxDatagram+1)
		return &buffer
	}
	fmt.Fprintf(os.Stderr, "The gateway is ready: http://%s -> udp://%s\n", listener.Addr(), *upstream)
	log.Fatal(http.Serve(listener, g))
}
