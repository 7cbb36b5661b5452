package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	_ "k8s.io/client-go/plugin/pkg/client/auth/oidc"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// requestsCase is one client of one kubeconfig, and what it is asked to do, one step after the other.
type requestsCase struct {
	Kubeconfig string        `json:"kubeconfig"`
	Steps      []requestStep `json:"steps"`
}

// requestStep is one request, sent Count times at once.
type requestStep struct {
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
	Count   int               `json:"count"`
	// Before is done first.
	Before preparation `json:"before"`
}

// preparation is what happens between two requests: files get the content of others, and time passes.
type preparation struct {
	Copies [][2]string `json:"copies"`
	WaitMs int         `json:"waitMs"`
}

func (p preparation) do() error {
	for _, copied := range p.Copies {
		content, err := os.ReadFile(copied[0])
		if err != nil {
			return err
		}
		if err := os.WriteFile(copied[1], content, 0o600); err != nil {
			return err
		}
	}
	time.Sleep(time.Duration(p.WaitMs) * time.Millisecond)
	return nil
}

type requestOutcome struct {
	Status int    `json:"status,omitempty"`
	Error  string `json:"error,omitempty"`
}

type requestsAnswer struct {
	// Error says why there is no client at all.
	Error string             `json:"error,omitempty"`
	Steps [][]requestOutcome `json:"steps"`
	// ElapsedMs has the duration of each step.
	ElapsedMs []float64 `json:"elapsedMs"`
}

func send(client *http.Client, host string, step requestStep) requestOutcome {
	request, err := http.NewRequest(step.Method, host+step.Path, bytes.NewReader([]byte(step.Body)))
	if err != nil {
		return requestOutcome{Error: err.Error()}
	}
	for name, value := range step.Headers {
		request.Header.Set(name, value)
	}
	response, err := client.Do(request)
	if err != nil {
		return requestOutcome{Error: err.Error()}
	}
	defer response.Body.Close()
	if _, err := io.ReadAll(response.Body); err != nil {
		return requestOutcome{Status: response.StatusCode, Error: err.Error()}
	}
	return requestOutcome{Status: response.StatusCode}
}

func sendAll(client *http.Client, host string, step requestStep) []requestOutcome {
	outcomes := make([]requestOutcome, max(step.Count, 1))
	var waiting sync.WaitGroup
	for i := range outcomes {
		waiting.Add(1)
		go func() {
			defer waiting.Done()
			outcomes[i] = send(client, host, step)
		}()
	}
	waiting.Wait()
	return outcomes
}

func answerRequests(line []byte) any {
	var asked requestsCase
	if err := json.Unmarshal(line, &asked); err != nil {
		return requestsAnswer{Error: "case: " + err.Error()}
	}
	config, err := clientcmd.BuildConfigFromFlags("", asked.Kubeconfig)
	if err != nil {
		return requestsAnswer{Error: err.Error()}
	}
	transport, err := rest.TransportFor(config)
	if err != nil {
		return requestsAnswer{Error: err.Error()}
	}
	client := &http.Client{Transport: transport}
	answer := requestsAnswer{}
	for _, step := range asked.Steps {
		if err := step.Before.do(); err != nil {
			return requestsAnswer{Error: err.Error()}
		}
		started := time.Now()
		answer.Steps = append(answer.Steps, sendAll(client, config.Host, step))
		answer.ElapsedMs = append(answer.ElapsedMs, float64(time.Since(started).Microseconds())/1000)
	}
	return answer
}

func init() {
	subcommands["requests"] = answerRequests
}
