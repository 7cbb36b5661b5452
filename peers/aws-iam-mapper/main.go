// Command aws-iam-mapper answers, line by line, whom aws-iam-authenticator's own mappers make of identities.
//
// It reads one JSON object per line: a configuration file, the data of aws-auth, a dynamic file, IAMIdentityMapping
// objects, and identities. It runs the genuine mappers and the server's own chain, rendering and reserved prefixes.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sirupsen/logrus"
	"sigs.k8s.io/aws-iam-authenticator/pkg/config"
	"sigs.k8s.io/aws-iam-authenticator/pkg/metrics"
)

func main() {
	logrus.SetOutput(io.Discard)
	metrics.InitMetrics(prometheus.NewRegistry())
	config.SSORoleMatchEnabled = true
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	answers := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var question question
		if err := json.Unmarshal(lines.Bytes(), &question); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if err := answers.Encode(answerQuestion(question)); err != nil {
			os.Exit(1)
		}
	}
}
