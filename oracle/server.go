package oracle

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
)

// release is set when building, for example 1.34.4.
var release = "unknown"

type request struct {
	ID     int             `json:"id"`
	Op     string          `json:"op"`
	Inputs json.RawMessage `json:"inputs"`
}

type reply struct {
	ID      int    `json:"id"`
	Results []any  `json:"results,omitempty"`
	Error   string `json:"error,omitempty"`
}

// handler answers all inputs of one request, in their order.
type handler func(inputs json.RawMessage) ([]any, error)

var handlers = map[string]handler{}

// each makes a handler of a function of one input. A panic of the kubelet's
// code is an answer like any other; the model has to know of it.
func each[In, Out any](f func(In) Out) handler {
	one := func(in In) (out any) {
		defer func() {
			if cause := recover(); cause != nil {
				out = map[string]string{"panic": fmt.Sprint(cause)}
			}
		}()
		return f(in)
	}
	return func(raw json.RawMessage) ([]any, error) {
		var inputs []In
		if err := json.Unmarshal(raw, &inputs); err != nil {
			return nil, err
		}
		results := make([]any, len(inputs))
		for i, in := range inputs {
			results[i] = one(in)
		}
		return results, nil
	}
}

func hello() any {
	settings := map[string]string{}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, setting := range info.Settings {
			settings[setting.Key] = setting.Value
		}
	}
	return map[string]any{
		"kubernetes": release,
		"go":         runtime.Version(),
		"godebug":    settings["DefaultGODEBUG"],
		"directory":  workDirectory,
	}
}

// serve answers requests, one per line, until the input ends.
func serve(in io.Reader, out io.Writer) error {
	lines := bufio.NewReaderSize(in, 1<<20)
	writer := bufio.NewWriterSize(out, 1<<20)
	encoder := json.NewEncoder(writer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(hello()); err != nil {
		return err
	}
	for {
		if err := writer.Flush(); err != nil {
			return err
		}
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := encoder.Encode(answer(line)); err != nil {
			return err
		}
	}
}

func answer(line []byte) reply {
	var asked request
	if err := json.Unmarshal(line, &asked); err != nil {
		return reply{Error: err.Error()}
	}
	handle, ok := handlers[asked.Op]
	if !ok {
		return reply{ID: asked.ID, Error: fmt.Sprintf("no such op: %q", asked.Op)}
	}
	results, err := handle(asked.Inputs)
	if err != nil {
		return reply{ID: asked.ID, Error: err.Error()}
	}
	return reply{ID: asked.ID, Results: results}
}
