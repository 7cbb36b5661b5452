package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"sort"
	"strings"
	"time"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"

	"k8s.io/apimachinery/pkg/api/resource"
	authenticationcel "k8s.io/apiserver/pkg/authentication/cel"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/lazy"
)

type celQuestion struct {
	Expression  string                     `json:"expression"`
	Environment string                     `json:"environment"`
	Claims      map[string]json.RawMessage `json:"claims"`
	User        *celUser                   `json:"user"`
}

type celUser struct {
	Username string              `json:"username"`
	UID      string              `json:"uid"`
	Groups   []string            `json:"groups"`
	Extra    map[string][]string `json:"extra"`
}

type celAnswer struct {
	// CompileError is empty when the expression compiles.
	CompileError string `json:"compileError,omitempty"`
	OutputType   string `json:"outputType,omitempty"`
	EvalError    string `json:"evalError,omitempty"`
	Type         string `json:"type,omitempty"`
	Value        any    `json:"value,omitempty"`
	// Strings is what kube-apiserver takes a group or extra mapping for; null when it refuses.
	Strings []string `json:"strings"`
	Cost    uint64   `json:"cost"`
	Panic   string   `json:"panic,omitempty"`
}

func answerCel(in io.Reader, out io.Writer) {
	compiler := authenticationcel.NewDefaultCompiler()
	lines := bufio.NewReaderSize(in, 1<<20)
	answers := bufio.NewWriter(out)
	encoder := json.NewEncoder(answers)
	encoder.SetEscapeHTML(false)
	for {
		line, err := lines.ReadBytes('\n')
		if len(strings.TrimSpace(string(line))) > 0 {
			var question celQuestion
			if err := json.Unmarshal(line, &question); err != nil {
				fail(err.Error())
			}
			if err := encoder.Encode(answerCelQuestion(compiler, question)); err != nil {
				fail(err.Error())
			}
			if lines.Buffered() == 0 {
				answers.Flush()
			}
		}
		if err != nil {
			break
		}
	}
	answers.Flush()
}

func answerCelQuestion(compiler authenticationcel.Compiler, question celQuestion) (answer celAnswer) {
	defer func() {
		if r := recover(); r != nil {
			answer.Panic = fmt.Sprint(r)
		}
	}()
	accessor := &authenticationcel.ClaimMappingExpression{Expression: question.Expression}
	compile := compiler.CompileClaimsExpression
	if question.Environment == "user" {
		compile = compiler.CompileUserExpression
	}
	compiled, err := compile(accessor)
	if err != nil {
		answer.CompileError = err.Error()
		return answer
	}
	answer.OutputType = compiled.AST.OutputType().String()
	variable := ref.Val(claimsValue(question.Claims))
	if question.Environment == "user" {
		variable = userValue(question.User)
	}
	value, details, err := compiled.Program.ContextEval(context.Background(), map[string]any{question.Environment: variable})
	if details != nil {
		if cost := details.ActualCost(); cost != nil {
			answer.Cost = *cost
		}
	}
	if err != nil {
		answer.EvalError = err.Error()
		return answer
	}
	answer.Type = value.Type().TypeName()
	answer.Value = plain(value)
	answer.Strings = stringsOf(value)
	return answer
}

// decimal is a quantity without suffix or exponent, so that the same amount always looks the same.
func decimal(quantity *resource.Quantity) string {
	copied := quantity.DeepCopy()
	text := copied.AsDec().String()
	if strings.Contains(text, ".") {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// plain writes a value down so that no two different values look the same.
func plain(value ref.Val) any {
	switch v := value.(type) {
	case types.Bool:
		return bool(v)
	case types.String:
		return string(v)
	case types.Null:
		return nil
	case types.Int:
		return map[string]any{"int": fmt.Sprint(int64(v))}
	case types.Uint:
		return map[string]any{"uint": fmt.Sprint(uint64(v))}
	case types.Double:
		if math.IsNaN(float64(v)) {
			return map[string]any{"double": "NaN"}
		}
		return map[string]any{"double": fmt.Sprint(math.Float64bits(float64(v)))}
	case types.Bytes:
		return map[string]any{"bytes": base64.StdEncoding.EncodeToString(v)}
	case types.Duration:
		return map[string]any{"duration": fmt.Sprint(int64(v.Duration))}
	case types.Timestamp:
		return map[string]any{"timestamp": v.Time.Format(time.RFC3339Nano)}
	case *types.Optional:
		if !v.HasValue() {
			return map[string]any{"optional": []any{}}
		}
		return map[string]any{"optional": []any{plain(v.GetValue())}}
	case *types.Type:
		return map[string]any{"type": v.TypeName()}
	case apiservercel.Quantity:
		return map[string]any{"quantity": decimal(v.Quantity)}
	case *apiservercel.Quantity:
		return map[string]any{"quantity": decimal(v.Quantity)}
	case apiservercel.IP:
		return map[string]any{"ip": v.Addr.String()}
	case apiservercel.CIDR:
		return map[string]any{"cidr": v.Prefix.String()}
	case apiservercel.URL:
		return map[string]any{"url": v.URL.String()}
	case apiservercel.Semver:
		return map[string]any{"semver": v.Version.String()}
	case apiservercel.Format:
		return map[string]any{"format": v.Name}
	case *lazy.MapValue:
		return map[string]any{"variable": v.Type().TypeName()}
	case traits.Lister:
		size := int(v.Size().(types.Int))
		list := make([]any, size)
		for i := range size {
			list[i] = plain(v.Get(types.Int(i)))
		}
		return list
	case traits.Mapper:
		entries := [][]any{}
		for it := v.Iterator(); it.HasNext() == types.True; {
			key := it.Next()
			entries = append(entries, []any{plain(key), plain(v.Get(key))})
		}
		sort.Slice(entries, func(i, j int) bool { return text(entries[i][0]) < text(entries[j][0]) })
		return map[string]any{"map": entries}
	}
	return map[string]any{"other": fmt.Sprintf("%T", value)}
}

// text is JSON to sort by, in the order of UTF-16 as JavaScript sorts.
func text(value any) string {
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err)
	}
	return strings.TrimSpace(out.String())
}
