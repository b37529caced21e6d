// Looks a name up and calls it over a new connection, again and again until it is told to stop, and says what it met: what a
// program does for which Go itself resolves names. Arguments: name, port.
package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

type report struct {
	Ok        int      `json:"ok"`
	Lost      int      `json:"lost"`
	Why       string   `json:"why"`
	Addresses []string `json:"addresses"`
}

func call(to string) string {
	connection, err := net.DialTimeout("tcp", to, 10*time.Second)
	if err != nil {
		return err.Error()
	}
	defer connection.Close()
	connection.SetDeadline(time.Now().Add(10 * time.Second))
	io.WriteString(connection, "GET / HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n")
	answer, err := io.ReadAll(connection)
	if err != nil {
		return err.Error()
	}
	if !strings.HasPrefix(string(answer), "HTTP/1.1 200") || !strings.Contains(string(answer), `"version"`) {
		return "it answered " + string(answer)
	}
	return ""
}

func main() {
	over, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	seen := report{Addresses: []string{}}
	for over.Err() == nil {
		found, err := net.DefaultResolver.LookupHost(context.Background(), os.Args[1])
		for _, address := range found {
			if !slices.Contains(seen.Addresses, address) {
				seen.Addresses = append(seen.Addresses, address)
			}
		}
		why := ""
		if err != nil {
			why = err.Error()
		} else {
			why = call(net.JoinHostPort(os.Args[1], os.Args[2]))
		}
		if why == "" {
			seen.Ok++
		} else {
			seen.Lost++
			if seen.Why == "" {
				seen.Why = why
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	json.NewEncoder(os.Stdout).Encode(seen)
}
