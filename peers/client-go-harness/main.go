// client-go-harness answers differential tests with what client-go itself does. Each subcommand reads JSON lines from
// standard input and answers each with one JSON line, so that one process serves thousands of cases.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

// answer is what a subcommand does with one line.
type answer func(line []byte) any

var subcommands = map[string]answer{
	"config": answerConfig,
}

func main() {
	if len(os.Args) != 2 || subcommands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: client-go-harness config")
		os.Exit(2)
	}
	input := bufio.NewReaderSize(os.Stdin, 1<<20)
	output := json.NewEncoder(os.Stdout)
	output.SetEscapeHTML(false)
	for {
		line, err := input.ReadBytes('\n')
		if err != nil {
			return
		}
		if err := output.Encode(subcommands[os.Args[1]](line)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
