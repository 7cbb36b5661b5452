package main

import (
	"context"
	"net/http"
	"unsafe"

	"sigs.k8s.io/aws-iam-authenticator/pkg/config"
	"sigs.k8s.io/aws-iam-authenticator/pkg/ec2provider"
	"sigs.k8s.io/aws-iam-authenticator/pkg/mapper"
	"sigs.k8s.io/aws-iam-authenticator/pkg/mapper/configmap"
	_ "sigs.k8s.io/aws-iam-authenticator/pkg/server"
	"sigs.k8s.io/aws-iam-authenticator/pkg/token"
)

// The server's own code is not exported: it is reached by its symbol, so that nothing of it is written again here.

//go:linkname saveMap sigs.k8s.io/aws-iam-authenticator/pkg/mapper/configmap.(*MapStore).saveMap
func saveMap(store *configmap.MapStore, users []config.UserMapping, roles []config.RoleMapping, accounts []string)

//go:linkname handlerDoMapping sigs.k8s.io/aws-iam-authenticator/pkg/server.(*handler).doMapping
func handlerDoMapping(h unsafe.Pointer, ctx context.Context, identity *token.Identity) (string, []string, error)

// handler lies in memory as the server's own does, field by field, in the pinned version.
type handler struct {
	http.ServeMux
	verifier                  token.Verifier
	ec2Provider               ec2provider.EC2Provider
	clusterID                 string
	backendMapper             backendMapper
	backendModeConfigInitDone bool
	scrubbedAccounts          []string
	cfg                       config.Config
}

type backendMapper struct {
	mappers      []mapper.Mapper
	mapperStopCh chan struct{}
	currentModes string
}

func doMapping(mappers []mapper.Mapper, known instances, identity *token.Identity) (string, []string, error) {
	h := &handler{ec2Provider: known, backendMapper: backendMapper{mappers: mappers}}
	return handlerDoMapping(unsafe.Pointer(h), context.Background(), identity)
}
