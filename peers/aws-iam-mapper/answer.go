package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/viper"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/aws-iam-authenticator/pkg/arn"
	"sigs.k8s.io/aws-iam-authenticator/pkg/config"
	"sigs.k8s.io/aws-iam-authenticator/pkg/mapper"
	"sigs.k8s.io/aws-iam-authenticator/pkg/mapper/configmap"
	"sigs.k8s.io/aws-iam-authenticator/pkg/mapper/crd"
	"sigs.k8s.io/aws-iam-authenticator/pkg/mapper/crd/apis/iamauthenticator/v1alpha1"
	"sigs.k8s.io/aws-iam-authenticator/pkg/mapper/crd/controller"
	"sigs.k8s.io/aws-iam-authenticator/pkg/mapper/dynamicfile"
	"sigs.k8s.io/aws-iam-authenticator/pkg/mapper/file"
	"sigs.k8s.io/aws-iam-authenticator/pkg/token"
)

type question struct {
	Modes       []string          `json:"modes"`
	Config      string            `json:"config"`
	AwsAuth     map[string]string `json:"awsAuth"`
	DynamicFile string            `json:"dynamicFile"`
	Objects     []object          `json:"objects"`
	Identities  []identity        `json:"identities"`
	Instances   map[string]string `json:"instances"`
}

type object struct {
	Name string `json:"name"`
	v1alpha1.IAMIdentityMappingSpec
}

type identity struct {
	ARN         string `json:"arn"`
	AccountID   string `json:"accountId"`
	UserID      string `json:"userId"`
	SessionName string `json:"sessionName"`
	AccessKeyID string `json:"accessKeyId"`
}

type answer struct {
	// Error says why the server would not have started.
	Error   string   `json:"error,omitempty"`
	Results []result `json:"results"`
}

type result struct {
	Username string   `json:"username"`
	Groups   []string `json:"groups"`
	Error    string   `json:"error,omitempty"`
}

// instances is an EC2 that knows some instances.
type instances map[string]string

func (known instances) GetPrivateDNSName(_ context.Context, id string) (string, error) {
	if name, ok := known[id]; ok {
		return name, nil
	}
	return "", fmt.Errorf("failed to find node %s", id)
}

func (known instances) StartEc2DescribeBatchProcessing(context.Context) {}

// readConfig reads the file as the command does: with viper, member by member.
func readConfig(text string) (config.Config, error) {
	var cfg config.Config
	v := viper.New()
	v.SetConfigType("yaml")
	if err := v.ReadConfig(strings.NewReader(text)); err != nil {
		return cfg, err
	}
	cfg.DynamicFileUserIDStrict = v.GetBool("server.dynamicfileUserIDStrict")
	var prefixes []config.ReservedPrefixConfig
	targets := map[string]any{
		"server.mapRoles": &cfg.RoleMappings, "server.mapUsers": &cfg.UserMappings,
		"server.mapAccounts": &cfg.AutoMappedAWSAccounts, "server.reservedPrefixConfig": &prefixes,
	}
	for key, target := range targets {
		if err := v.UnmarshalKey(key, target); err != nil {
			return cfg, err
		}
	}
	cfg.ReservedPrefixConfig = make(map[string]config.ReservedPrefixConfig)
	for _, prefix := range prefixes {
		cfg.ReservedPrefixConfig[prefix.BackendMode] = prefix
	}
	return cfg, nil
}

// reserving gives a mapper the reserved prefixes that its constructor would have read.
type reserving struct {
	mapper.Mapper
	prefixes []string
}

func (m reserving) UsernamePrefixReserveList() []string { return m.prefixes }

func createMapper(mode string, cfg config.Config, q question) (mapper.Mapper, error) {
	prefixes := cfg.ReservedPrefixConfig[mode].UsernamePrefixReserveList
	switch mode {
	case mapper.ModeMountedFile:
		return file.NewFileMapper(cfg)
	case mapper.ModeEKSConfigMap:
		store := &configmap.MapStore{}
		users, roles, accounts, _ := configmap.ParseMap(q.AwsAuth)
		saveMap(store, users, roles, accounts)
		return reserving{&configmap.ConfigMapMapper{MapStore: store}, prefixes}, nil
	case mapper.ModeDynamicFile:
		m, err := dynamicfile.NewDynamicFileMapper(cfg)
		if err != nil {
			return nil, err
		}
		// The server goes on with nothing mapped when the file is broken.
		_ = m.CallBackForFileLoad([]byte(q.DynamicFile))
		return m, nil
	case mapper.ModeCRD:
		index := cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{"canonicalARN": controller.IndexIAMIdentityMappingByCanonicalArn})
		for _, o := range q.Objects {
			_, canonical, err := arn.Canonicalize(strings.ToLower(o.ARN))
			if err != nil {
				continue
			}
			item := &v1alpha1.IAMIdentityMapping{ObjectMeta: metav1.ObjectMeta{Name: o.Name}, Spec: o.IAMIdentityMappingSpec}
			item.Status.CanonicalARN = canonical
			if err := index.Add(item); err != nil {
				return nil, err
			}
		}
		return reserving{crd.NewCRDMapperWithIndexer(index), prefixes}, nil
	}
	return nil, fmt.Errorf("unknown mode %s", mode)
}

func answerQuestion(q question) answer {
	cfg, err := readConfig(q.Config)
	if err != nil {
		return answer{Error: err.Error()}
	}
	var mappers []mapper.Mapper
	for _, mode := range q.Modes {
		m, err := createMapper(mode, cfg, q)
		if err != nil {
			return answer{Error: err.Error()}
		}
		mappers = append(mappers, m)
	}
	results := make([]result, len(q.Identities))
	for index, each := range q.Identities {
		results[index] = mapIdentity(each, mappers, q.Instances)
	}
	return answer{Results: results}
}

func mapIdentity(each identity, mappers []mapper.Mapper, known instances) result {
	_, canonical, err := arn.Canonicalize(each.ARN)
	if err != nil {
		return result{Error: err.Error()}
	}
	username, groups, err := doMapping(mappers, known, &token.Identity{
		ARN: each.ARN, CanonicalARN: canonical, AccountID: each.AccountID, UserID: each.UserID,
		SessionName: each.SessionName, AccessKeyID: each.AccessKeyID,
	})
	if err != nil {
		return result{Error: err.Error()}
	}
	return result{Username: username, Groups: groups}
}
