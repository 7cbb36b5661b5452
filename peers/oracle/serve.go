package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/apis/apiserver/validation"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	authenticationcel "k8s.io/apiserver/pkg/authentication/cel"
	tokencache "k8s.io/apiserver/pkg/authentication/token/cache"
	"k8s.io/klog/v2"
)

// serveQuestion is one configuration to serve as a token webhook on loopback until the input ends.
type serveQuestion struct {
	jwtQuestion
	Certificate     string `json:"certificate"`
	Key             string `json:"key"`
	ClientAuthority string `json:"clientAuthority"`
	// CacheSeconds is 0 for no cache.
	CacheSeconds int `json:"cacheSeconds"`
}

// serveReviews puts the genuine JWT authenticator behind the genuine token cache and the smallest webhook that net/http allows.
func serveReviews(in io.Reader, out io.Writer) {
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	lines := bufio.NewReaderSize(in, 1<<20)
	line, err := lines.ReadBytes('\n')
	if err != nil {
		fail(err.Error())
	}
	var question serveQuestion
	if err := json.Unmarshal(line, &question); err != nil {
		fail(err.Error())
	}
	tokens, err := newServedAuthenticator(question)
	if err != nil {
		fail(err.Error())
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fail(err.Error())
	}
	server := &http.Server{Handler: reviewHandler(tokens), TLSConfig: serveTLS(question)}
	go func() {
		// Whoever started us holds the input open.
		_, _ = io.Copy(io.Discard, lines)
		_ = server.Close()
	}()
	fmt.Fprintf(out, "{\"port\":%d}\n", listener.Addr().(*net.TCPAddr).Port)
	if err := server.ServeTLS(listener, "", ""); err != http.ErrServerClosed {
		fail(err.Error())
	}
}

func newServedAuthenticator(question serveQuestion) (authenticator.Token, error) {
	compiler := authenticationcel.NewDefaultCompiler()
	configuration, err := decodeAuthenticationConfiguration([]byte(question.Configuration))
	if err != nil {
		return nil, err
	}
	if problems := validation.ValidateAuthenticationConfiguration(compiler, configuration, nil); len(problems) > 0 {
		return nil, problems.ToAggregate()
	}
	union, err := newJwtUnion(context.Background(), compiler, configuration, question.jwtQuestion)
	if err != nil || question.CacheSeconds == 0 {
		return union, err
	}
	return tokencache.New(union, true, time.Duration(question.CacheSeconds)*time.Second, 0), nil
}

func serveTLS(question serveQuestion) *tls.Config {
	pair, err := tls.X509KeyPair([]byte(question.Certificate), []byte(question.Key))
	if err != nil {
		fail(err.Error())
	}
	clients := x509.NewCertPool()
	clients.AppendCertsFromPEM([]byte(question.ClientAuthority))
	return &tls.Config{
		Certificates: []tls.Certificate{pair},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    clients,
		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"http/1.1"},
	}
}

func reviewHandler(tokens authenticator.Token) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var review authenticationv1.TokenReview
		if err := json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&review); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answer := authenticationv1.TokenReview{TypeMeta: metav1.TypeMeta{APIVersion: review.APIVersion, Kind: "TokenReview"}}
		response, ok, err := tokens.AuthenticateToken(r.Context(), review.Spec.Token)
		if err != nil {
			answer.Status.Error = err.Error()
		}
		if ok && err == nil {
			answer.Status.Authenticated = true
			answer.Status.User = toUserInfo(response)
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer)
	})
}

func toUserInfo(response *authenticator.Response) authenticationv1.UserInfo {
	user := response.User
	extra := map[string]authenticationv1.ExtraValue{}
	for key, values := range user.GetExtra() {
		extra[key] = values
	}
	return authenticationv1.UserInfo{Username: user.GetName(), UID: user.GetUID(), Groups: user.GetGroups(), Extra: extra}
}
