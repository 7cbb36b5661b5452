package main

import (
	"fmt"
	"io"
	"sort"

	"k8s.io/apiserver/pkg/cel/environment"
)

// writeCelDeclarations prints every function overload of the environment, one line each.
func writeCelDeclarations(_ io.Reader, out io.Writer) {
	set := environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion())
	env, err := set.Env(environment.StoredExpressions)
	if err != nil {
		fail(err.Error())
	}
	names := []string{}
	for name := range env.Functions() {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		for _, overload := range env.Functions()[name].OverloadDecls() {
			kind := "global"
			if overload.IsMemberFunction() {
				kind = "member"
			}
			fmt.Fprintf(out, "%s\t%s\t%s\t%v\t%s\n", name, overload.ID(), kind, overload.ArgTypes(), overload.ResultType())
		}
	}
	for _, variable := range env.Variables() {
		fmt.Fprintf(out, "var\t%s\t%s\n", variable.Name(), variable.Type())
	}
	for _, macro := range env.Macros() {
		fmt.Fprintf(out, "macro\t%s\n", macro.MacroKey())
	}
}
