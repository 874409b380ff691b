// Command gotemplate measures Go's own engine on the template and the data of this folder: see docs/dev/gotemplate.md.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"text/template"
	"time"
)

func measure(name string, f func()) {
	best := time.Hour
	for round := 0; round < 200; round++ {
		start := time.Now()
		for i := 0; i < 20; i++ {
			f()
		}
		best = min(best, time.Since(start)/20)
	}
	fmt.Fprintf(os.Stderr, "%s: %v\n", name, best)
}

func check[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	text := string(check(os.ReadFile("pod.tmpl")))
	var data any
	if err := json.Unmarshal(check(os.ReadFile("data.json")), &data); err != nil {
		panic(err)
	}
	parsed := check(template.New("pod").Parse(text))
	var out bytes.Buffer
	measure("parse", func() { check(template.New("pod").Parse(text)) })
	measure("execute", func() {
		out.Reset()
		if err := parsed.Execute(&out, data); err != nil {
			panic(err)
		}
	})
	os.Stdout.Write(out.Bytes())
}
