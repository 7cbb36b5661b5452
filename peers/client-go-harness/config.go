package main

import (
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	clientcmdlatest "k8s.io/client-go/tools/clientcmd/api/latest"
	"sigs.k8s.io/yaml"
)

// configCase is one question: which configuration comes of these files, flags and variables?
type configCase struct {
	// Environment replaces KUBECONFIG, HOME, POD_NAMESPACE, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT.
	Environment map[string]string `json:"environment"`
	// Path is --kubeconfig.
	Path          string              `json:"path"`
	DefaultServer string              `json:"defaultServer"`
	Flags         map[string]string   `json:"flags"`
	Groups        []string            `json:"groups"`
	Extra         map[string][]string `json:"extra"`
}

type configAnswer struct {
	// Stage says what failed: load, select, invalid, empty, timeout, token-file; empty when nothing did.
	Stage    string          `json:"stage"`
	Problems []string        `json:"problems,omitempty"`
	Config   *restAnswer     `json:"config,omitempty"`
	Raw      json.RawMessage `json:"raw,omitempty"`
	// Validate has what Validate says of the whole kubeconfig.
	Validate []string `json:"validate"`
	Minified []string `json:"minified,omitempty"`
	Warnings []string `json:"warnings"`
}

type restAnswer struct {
	Host               string              `json:"host"`
	ServerName         string              `json:"serverName"`
	Insecure           bool                `json:"insecure"`
	CAFile             string              `json:"caFile"`
	CAData             string              `json:"caData"`
	CertFile           string              `json:"certFile"`
	CertData           string              `json:"certData"`
	KeyFile            string              `json:"keyFile"`
	KeyData            string              `json:"keyData"`
	Token              string              `json:"token"`
	TokenFile          string              `json:"tokenFile"`
	Username           string              `json:"username"`
	Password           string              `json:"password"`
	Proxy              string              `json:"proxy"`
	DisableCompression bool                `json:"disableCompression"`
	TimeoutNs          int64               `json:"timeoutNs"`
	Impersonate        string              `json:"impersonate"`
	ImpersonateUID     string              `json:"impersonateUid"`
	ImpersonateGroups  []string            `json:"impersonateGroups"`
	ImpersonateExtra   map[string][]string `json:"impersonateExtra"`
	AuthProvider       string              `json:"authProvider"`
	AuthProviderConfig map[string]string   `json:"authProviderConfig"`
	Exec               *execAnswer         `json:"exec"`
	Namespace          string              `json:"namespace"`
	Overridden         bool                `json:"overridden"`
}

type execAnswer struct {
	Command            string                    `json:"command"`
	Args               []string                  `json:"args"`
	Env                []clientcmdapi.ExecEnvVar `json:"env"`
	APIVersion         string                    `json:"apiVersion"`
	InstallHint        string                    `json:"installHint"`
	ProvideClusterInfo bool                      `json:"provideClusterInfo"`
	InteractiveMode    string                    `json:"interactiveMode"`
	ClusterConfig      json.RawMessage           `json:"clusterConfig"`
}

var caseVariables = []string{"KUBECONFIG", "HOME", "POD_NAMESPACE", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"}

func overridesOf(question configCase) *clientcmd.ConfigOverrides {
	flags := question.Flags
	namespace, _ := clientcmd.RemoveNamespacesPrefix(flags["namespace"])
	return &clientcmd.ConfigOverrides{
		ClusterDefaults: clientcmdapi.Cluster{Server: question.DefaultServer},
		CurrentContext:  flags["context"],
		Timeout:         flags["requestTimeout"],
		Context:         clientcmdapi.Context{Cluster: flags["cluster"], AuthInfo: flags["user"], Namespace: namespace},
		ClusterInfo: clientcmdapi.Cluster{
			Server: flags["server"], TLSServerName: flags["tlsServerName"],
			InsecureSkipTLSVerify: flags["insecureSkipTlsVerify"] == "true",
			CertificateAuthority:  flags["certificateAuthority"], ProxyURL: flags["proxyUrl"],
			DisableCompression: flags["disableCompression"] == "true",
		},
		AuthInfo: clientcmdapi.AuthInfo{
			ClientCertificate: flags["clientCertificate"], ClientKey: flags["clientKey"],
			Token: flags["token"], TokenFile: flags["tokenFile"], Username: flags["username"], Password: flags["password"],
			Impersonate: flags["impersonate"], ImpersonateUID: flags["impersonateUid"],
			ImpersonateGroups: question.Groups, ImpersonateUserExtra: question.Extra,
		},
	}
}

func problemsOf(err error) []string {
	var aggregate utilerrors.Aggregate
	if !errors.As(err, &aggregate) {
		return []string{err.Error()}
	}
	problems := []string{}
	for _, each := range aggregate.Errors() {
		problems = append(problems, each.Error())
	}
	return problems
}

func stageOf(err error) string {
	text := err.Error()
	switch {
	case clientcmd.IsEmptyConfig(err):
		return "empty"
	case strings.HasPrefix(text, "invalid configuration: "):
		return "invalid"
	case strings.HasSuffix(text, " does not exist"):
		return "select"
	case strings.HasPrefix(text, "Invalid timeout value."):
		return "timeout"
	case os.IsNotExist(err) || os.IsPermission(err) || strings.HasPrefix(text, "read "):
		return "token-file"
	default:
		return "other: " + text
	}
}

func describeRest(config *rest.Config) (*restAnswer, error) {
	found := &restAnswer{
		Host: config.Host, ServerName: config.ServerName, Insecure: config.Insecure,
		CAFile: config.CAFile, CAData: string(config.CAData), CertFile: config.CertFile, CertData: string(config.CertData),
		KeyFile: config.KeyFile, KeyData: string(config.KeyData), Token: config.BearerToken, TokenFile: config.BearerTokenFile,
		Username: config.Username, Password: config.Password, DisableCompression: config.DisableCompression,
		TimeoutNs: config.Timeout.Nanoseconds(), Impersonate: config.Impersonate.UserName, ImpersonateUID: config.Impersonate.UID,
		ImpersonateGroups: config.Impersonate.Groups, ImpersonateExtra: config.Impersonate.Extra,
	}
	if config.Proxy != nil {
		proxy, err := config.Proxy(nil)
		if err != nil {
			return nil, err
		}
		found.Proxy = proxyText(proxy)
	}
	if config.AuthProvider != nil {
		found.AuthProvider, found.AuthProviderConfig = config.AuthProvider.Name, config.AuthProvider.Config
	}
	if plugin := config.ExecProvider; plugin != nil {
		found.Exec = &execAnswer{
			Command: plugin.Command, Args: plugin.Args, Env: plugin.Env, APIVersion: plugin.APIVersion, InstallHint: plugin.InstallHint,
			ProvideClusterInfo: plugin.ProvideClusterInfo, InteractiveMode: string(plugin.InteractiveMode),
		}
		if unknown, ok := plugin.Config.(*runtime.Unknown); ok {
			found.Exec.ClusterConfig = unknown.Raw
		}
	}
	return found, nil
}

func proxyText(proxy *url.URL) string {
	if proxy == nil {
		return ""
	}
	return proxy.String()
}

func answerConfig(line []byte) any {
	var question configCase
	if err := json.Unmarshal(line, &question); err != nil {
		return configAnswer{Stage: "harness: " + err.Error()}
	}
	for _, name := range caseVariables {
		os.Unsetenv(name)
	}
	for name, value := range question.Environment {
		os.Setenv(name, value)
	}
	found := configAnswer{Warnings: []string{}}
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	if os.Getenv("KUBECONFIG") == "" {
		// The library fixes this at start-up, before the variables of the case are known.
		rules.Precedence = []string{os.Getenv("HOME") + "/.kube/config"}
	}
	rules.MigrationRules = nil
	rules.ExplicitPath = question.Path
	rules.Warner = func(err error) { found.Warnings = append(found.Warnings, err.Error()) }
	overrides := overridesOf(question)

	raw, err := rules.Load()
	if err != nil {
		found.Stage, found.Problems = "load", problemsOf(err)
		return found
	}
	found.Validate = []string{}
	if err := clientcmd.Validate(*raw); err != nil {
		found.Validate = problemsOf(err)
	}
	encoded, err := runtime.Encode(clientcmdlatest.Codec, raw)
	if err != nil {
		return configAnswer{Stage: "harness: " + err.Error()}
	}
	found.Raw = toJSON(encoded)
	if err := clientcmdapi.MinifyConfig(raw); err != nil {
		found.Minified = []string{"error: " + err.Error()}
	} else {
		found.Minified = []string{raw.CurrentContext}
	}
	if question.DefaultServer != "" {
		rules.DefaultClientConfig = clientcmd.NewDefaultClientConfig(*clientcmdapi.NewConfig(), &clientcmd.ConfigOverrides{
			ClusterDefaults: clientcmdapi.Cluster{Server: question.DefaultServer},
		})
	}
	// Load warns again; that is counted once.
	rules.Warner = func(error) {}
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, overrides)
	config, err := loader.ClientConfig()
	if err != nil {
		found.Stage, found.Problems = stageOf(err), problemsOf(err)
		return found
	}
	described, err := describeRest(config)
	if err != nil {
		return configAnswer{Stage: "harness: " + err.Error()}
	}
	if described.Namespace, described.Overridden, err = loader.Namespace(); err != nil {
		return configAnswer{Stage: "namespace: " + err.Error()}
	}
	found.Config = described
	return found
}

func toJSON(text []byte) json.RawMessage {
	converted, err := yaml.YAMLToJSON(text)
	if err != nil {
		return json.RawMessage(`null`)
	}
	return converted
}
