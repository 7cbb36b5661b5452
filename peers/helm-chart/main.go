// Command helm-chart answers, one JSON line for each line of standard input, what helm makes of a chart: `helm lint` and `helm template`.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/lint"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
)

type question struct {
	Chart     string         `json:"chart"`
	Name      string         `json:"name"`
	Namespace string         `json:"namespace"`
	Values    map[string]any `json:"values"`
}

type answer struct {
	// Lint has the messages of `helm lint --strict`: warnings and errors.
	Lint []string `json:"lint"`
	// Files has the rendered text of each template, by its path.
	Files map[string]string `json:"files,omitempty"`
	Error string            `json:"error,omitempty"`
}

// infoSeverity is helm's: advice that --strict passes over.
const infoSeverity = 1

func main() {
	decoder := json.NewDecoder(os.Stdin)
	encoder := json.NewEncoder(os.Stdout)
	for {
		var asked question
		if err := decoder.Decode(&asked); err == io.EOF {
			return
		} else if err != nil {
			fail(err)
		}
		if err := encoder.Encode(judge(asked)); err != nil {
			fail(err)
		}
	}
}

func judge(asked question) answer {
	result := answer{Lint: []string{}}
	for _, message := range lint.RunAll(asked.Chart, asked.Values, asked.Namespace).Messages {
		if message.Severity > infoSeverity {
			result.Lint = append(result.Lint, message.Error())
		}
	}
	files, err := render(asked)
	if err != nil {
		result.Error = err.Error()
	}
	result.Files = files
	return result
}

func render(asked question) (map[string]string, error) {
	chart, err := loader.LoadDir(asked.Chart)
	if err != nil {
		return nil, err
	}
	options := common.ReleaseOptions{Name: asked.Name, Namespace: asked.Namespace, Revision: 1, IsInstall: true}
	values, err := util.ToRenderValues(chart, asked.Values, options, common.DefaultCapabilities)
	if err != nil {
		return nil, err
	}
	return engine.Render(chart, values)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "helm-chart: "+err.Error())
	os.Exit(1)
}
