package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"time"
	"unsafe"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/apis/apiserver"
	"k8s.io/apiserver/pkg/apis/apiserver/install"
	"k8s.io/apiserver/pkg/apis/apiserver/validation"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	authenticationcel "k8s.io/apiserver/pkg/authentication/cel"
	tokenunion "k8s.io/apiserver/pkg/authentication/token/union"
	"k8s.io/apiserver/plugin/pkg/authenticator/token/oidc"
	"k8s.io/klog/v2"
)

// jwtQuestion is one configuration file and the tokens to try against it.
type jwtQuestion struct {
	Configuration string `json:"configuration"`
	// KeySets has the JWK Set of each issuer, by its URL.
	KeySets map[string]json.RawMessage `json:"keySets"`
	// Now is in milliseconds since 1970.
	Now    int64    `json:"now"`
	Tokens []string `json:"tokens"`
}

type jwtAnswer struct {
	// Undecodable is why the file could not even be read.
	Undecodable string       `json:"undecodable,omitempty"`
	Problems    []jwtProblem `json:"problems,omitempty"`
	Verdicts    []jwtVerdict `json:"verdicts,omitempty"`
}

type jwtProblem struct {
	Path   string `json:"path"`
	Type   string `json:"type"`
	Detail string `json:"detail"`
}

type jwtVerdict struct {
	// Kind is verified, refused, or none when the token is nobody's.
	Kind  string   `json:"kind"`
	User  *celUser `json:"user,omitempty"`
	Error string   `json:"error,omitempty"`
}

func answerJwt(in io.Reader, out io.Writer) {
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	compiler := authenticationcel.NewDefaultCompiler()
	decoder := json.NewDecoder(in)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for {
		var question jwtQuestion
		if err := decoder.Decode(&question); err == io.EOF {
			return
		} else if err != nil {
			fail(err.Error())
		}
		if err := encoder.Encode(answerJwtQuestion(compiler, question)); err != nil {
			fail(err.Error())
		}
	}
}

func answerJwtQuestion(compiler authenticationcel.Compiler, question jwtQuestion) jwtAnswer {
	configuration, err := decodeAuthenticationConfiguration([]byte(question.Configuration))
	if err != nil {
		return jwtAnswer{Undecodable: err.Error()}
	}
	if problems := validation.ValidateAuthenticationConfiguration(compiler, configuration, nil); len(problems) > 0 {
		return jwtAnswer{Problems: toJwtProblems(problems)}
	}
	if len(question.Tokens) == 0 {
		// Not every issuer that validation lets pass can be asked for its keys.
		return jwtAnswer{Verdicts: []jwtVerdict{}}
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	union, err := newJwtUnion(ctx, compiler, configuration, question)
	if err != nil {
		fail(err.Error())
	}
	answer := jwtAnswer{Verdicts: make([]jwtVerdict, 0, len(question.Tokens))}
	for _, token := range question.Tokens {
		answer.Verdicts = append(answer.Verdicts, judgeJwt(ctx, union, token))
	}
	return answer
}

func toJwtProblems(problems field.ErrorList) []jwtProblem {
	list := make([]jwtProblem, 0, len(problems))
	for _, problem := range problems {
		list = append(list, jwtProblem{Path: problem.Field, Type: string(problem.Type), Detail: problem.Detail})
	}
	return list
}

// decodeAuthenticationConfiguration reads a file as kube-apiserver's options do.
func decodeAuthenticationConfiguration(data []byte) (*apiserver.AuthenticationConfiguration, error) {
	if len(data) == 0 {
		return nil, errors.New("empty config data")
	}
	object, err := runtime.Decode(configurationCodecs.UniversalDecoder(), data)
	if err != nil {
		return nil, err
	}
	configuration, ok := object.(*apiserver.AuthenticationConfiguration)
	if !ok {
		return nil, fmt.Errorf("expected AuthenticationConfiguration, got %T", object)
	}
	return configuration, nil
}

var configurationCodecs = func() serializer.CodecFactory {
	scheme := runtime.NewScheme()
	install.Install(scheme)
	return serializer.NewCodecFactory(scheme, serializer.EnableStrict)
}()

func newJwtUnion(ctx context.Context, compiler authenticationcel.Compiler, configuration *apiserver.AuthenticationConfiguration, question jwtQuestion) (authenticator.Token, error) {
	now := func() time.Time { return time.UnixMilli(question.Now) }
	authenticators := make([]authenticator.Token, 0, len(configuration.JWT))
	for _, entry := range configuration.JWT {
		options := oidc.Options{
			JWTAuthenticator:     entry,
			Client:               &http.Client{Transport: issuerInMemory{entry.Issuer, question.KeySets[entry.Issuer.URL]}},
			Compiler:             compiler,
			SupportedSigningAlgs: oidc.AllValidSigningAlgorithms(),
		}
		setClock(&options, now)
		one, err := oidc.New(ctx, options)
		if err != nil {
			return nil, err
		}
		for deadline := time.Now().Add(time.Minute); one.HealthCheck() != nil; time.Sleep(100 * time.Microsecond) {
			if time.Now().After(deadline) {
				return nil, one.HealthCheck()
			}
		}
		authenticators = append(authenticators, one)
	}
	return tokenunion.NewFailOnError(authenticators...), nil
}

// setClock turns the clock that the package keeps to its own tests.
func setClock(options *oidc.Options, now func() time.Time) {
	clock := reflect.ValueOf(options).Elem().FieldByName("now")
	reflect.NewAt(clock.Type(), unsafe.Pointer(clock.UnsafeAddr())).Elem().Set(reflect.ValueOf(now))
}

func judgeJwt(ctx context.Context, union authenticator.Token, token string) (verdict jwtVerdict) {
	defer func() {
		if problem := recover(); problem != nil {
			verdict = jwtVerdict{Kind: "panic", Error: fmt.Sprint(problem)}
		}
	}()
	response, ok, err := union.AuthenticateToken(ctx, token)
	switch {
	case err != nil:
		return jwtVerdict{Kind: "refused", Error: err.Error()}
	case !ok:
		return jwtVerdict{Kind: "none"}
	}
	user := response.User
	return jwtVerdict{Kind: "verified", User: &celUser{Username: user.GetName(), UID: user.GetUID(), Groups: user.GetGroups(), Extra: user.GetExtra()}}
}

// issuerInMemory answers discovery and key requests of one issuer without a network; everything else is not found.
type issuerInMemory struct {
	issuer apiserver.Issuer
	keySet json.RawMessage
}

const keysURL = "https://keys.kubepass.test/jwks"

func (i issuerInMemory) RoundTrip(request *http.Request) (*http.Response, error) {
	discoveryURL := i.issuer.DiscoveryURL
	if discoveryURL == "" {
		discoveryURL = strings.TrimSuffix(i.issuer.URL, "/") + "/.well-known/openid-configuration"
	}
	switch request.URL.String() {
	case discoveryURL:
		document, err := json.Marshal(map[string]string{"issuer": i.issuer.URL, "jwks_uri": keysURL})
		return jsonResponse(request, http.StatusOK, document), err
	case keysURL:
		return jsonResponse(request, http.StatusOK, i.keySet), nil
	default:
		return jsonResponse(request, http.StatusNotFound, []byte("{}")), nil
	}
}

func jsonResponse(request *http.Request, status int, body []byte) *http.Response {
	return &http.Response{
		StatusCode: status,
		Status:     fmt.Sprintf("%d %s", status, http.StatusText(status)),
		Header:     http.Header{"Content-Type": {"application/json"}},
		Body:       io.NopCloser(strings.NewReader(string(body))),
		Request:    request,
		ProtoMajor: 1,
		ProtoMinor: 1,
	}
}
