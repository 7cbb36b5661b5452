// Command oracle answers, one JSON line for each line of standard input, as kube-apiserver itself would.
package main

import (
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
)

// oracles by name; each reads questions until its input ends.
var oracles = map[string]func(in io.Reader, out io.Writer){
	"cel":              answerCel,
	"cel-declarations": writeCelDeclarations,
	"jwt":              answerJwt,
	"serve":            serveReviews,
}

func main() {
	names := []string{}
	for name := range oracles {
		names = append(names, name)
	}
	sort.Strings(names)
	if len(os.Args) != 2 || oracles[os.Args[1]] == nil {
		fail("usage: oracle " + strings.Join(names, "|"))
	}
	oracles[os.Args[1]](os.Stdin, os.Stdout)
}

func fail(message string) {
	fmt.Fprintln(os.Stderr, "oracle: "+message)
	os.Exit(1)
}
