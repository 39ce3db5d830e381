// A pool of workers with the client of the newest Terraform provider, hashicorp/go-retryablehttp with four retries: each worker makes the
// next call as soon as its last one is done. Reads the calls as JSON from the standard input, prints what became of them as JSON.
package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

type plan struct {
	Url     string `json:"url"`
	Key     string `json:"key"`
	Workers int    `json:"workers"`
	Calls   []struct {
		Method string `json:"method"`
		Path   string `json:"path"`
		Body   string `json:"body"`
	} `json:"calls"`
}

type callState struct {
	isPromise bool
}

type stateKey struct{}

func main() {
	var p plan
	if err := json.NewDecoder(os.Stdin).Decode(&p); err != nil {
		panic(err)
	}
	var done, gaveUp, refused, kept, broken, next int64
	client := retryablehttp.NewClient()
	client.Logger = nil
	client.RetryMax = 4
	client.HTTPClient.Transport = &http.Transport{MaxIdleConnsPerHost: p.Workers}
	client.ErrorHandler = retryablehttp.PassthroughErrorHandler
	client.CheckRetry = func(ctx context.Context, resp *http.Response, err error) (bool, error) {
		if resp != nil {
			state := ctx.Value(stateKey{}).(*callState)
			is429 := resp.StatusCode == 429
			if is429 {
				atomic.AddInt64(&refused, 1)
			}
			if state.isPromise && is429 {
				atomic.AddInt64(&broken, 1)
			} else if state.isPromise {
				atomic.AddInt64(&kept, 1)
			}
			state.isPromise = is429 && strings.Contains(resp.Header.Get("Retry-Advice"), "slot=reserved")
		}
		return retryablehttp.DefaultRetryPolicy(ctx, resp, err)
	}
	statuses := []int{}
	var mutex sync.Mutex
	start := time.Now()
	var group sync.WaitGroup
	for worker := 0; worker < p.Workers; worker++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for {
				at := int(atomic.AddInt64(&next, 1)) - 1
				if at >= len(p.Calls) {
					return
				}
				call := p.Calls[at]
				ctx := context.WithValue(context.Background(), stateKey{}, &callState{})
				request, err := retryablehttp.NewRequestWithContext(ctx, call.Method, p.Url+call.Path, strings.NewReader(call.Body))
				if err != nil {
					panic(err)
				}
				request.Header.Set("Authorization", "Bearer "+p.Key)
				if call.Body != "" {
					request.Header.Set("Content-Type", "application/json")
				}
				response, err := client.Do(request)
				if err != nil || response.StatusCode == 429 || response.StatusCode >= 500 {
					atomic.AddInt64(&gaveUp, 1)
					last := 0
					if response != nil {
						last = response.StatusCode
					}
					mutex.Lock()
					statuses = append(statuses, last)
					mutex.Unlock()
				} else {
					atomic.AddInt64(&done, 1)
				}
				if response != nil {
					_, _ = io.Copy(io.Discard, response.Body)
					_ = response.Body.Close()
				}
			}
		}()
	}
	group.Wait()
	seconds, _ := strconv.ParseFloat(strconv.FormatFloat(time.Since(start).Seconds(), 'f', 4, 64), 64)
	_ = json.NewEncoder(os.Stdout).Encode(map[string]any{
		"done": done, "gaveUp": gaveUp, "refused": refused, "kept": kept, "broken": broken, "seconds": seconds, "statuses": statuses,
	})
}
