// Reads what Backstop writes for monitoring with the parsers that others wrote, and prints what they
// understood as JSON: "prometheus" by the text parser and the linter that promtool check metrics is
// made of, "nagios" by a library for plugins. What they refuse is an error.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/atc0005/go-nagios"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
)

type sample struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels"`
	Value  float64           `json:"value"`
}

type perf struct {
	Label    string `json:"label"`
	Value    string `json:"value"`
	Unit     string `json:"unit"`
	Warning  bool   `json:"warning"`
	Critical bool   `json:"critical"`
}

func main() {
	input, err := io.ReadAll(os.Stdin)
	if err == nil && len(os.Args) != 2 {
		err = fmt.Errorf("expected prometheus or nagios")
	}
	var read any
	switch {
	case err != nil:
	case os.Args[1] == "prometheus":
		read, err = prometheus(input)
	case os.Args[1] == "nagios":
		read, err = plugin(string(input))
	default:
		err = fmt.Errorf("expected prometheus or nagios")
	}
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(read)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func prometheus(input []byte) (any, error) {
	problems, err := promlint.New(bytes.NewReader(input)).Lint()
	if err != nil {
		return nil, err
	}
	if len(problems) > 0 {
		return nil, fmt.Errorf("the linter says: %v", problems)
	}
	var parser expfmt.TextParser
	families, err := parser.TextToMetricFamilies(bytes.NewReader(input))
	if err != nil {
		return nil, err
	}
	samples := []sample{}
	for name, family := range families {
		if family.GetHelp() == "" || family.GetType().String() != "GAUGE" {
			return nil, fmt.Errorf("%s is no gauge with a help", name)
		}
		for _, metric := range family.GetMetric() {
			if metric.TimestampMs != nil {
				return nil, fmt.Errorf("%s bears a time, which the textfile collector refuses", name)
			}
			labels := map[string]string{}
			for _, pair := range metric.GetLabel() {
				labels[pair.GetName()] = pair.GetValue()
			}
			samples = append(samples, sample{name, labels, metric.GetGauge().GetValue()})
		}
	}
	return samples, nil
}

func plugin(input string) (any, error) {
	line, rest, _ := strings.Cut(input, "\n")
	if rest != "" {
		return nil, fmt.Errorf("more than one line")
	}
	text, data, found := strings.Cut(line, "|")
	values := []perf{}
	if found {
		parsed, err := nagios.ParsePerfData(strings.TrimSpace(data))
		if err != nil {
			return nil, err
		}
		for _, value := range parsed {
			if err := value.Validate(); err != nil {
				return nil, err
			}
			warning, err := alerts(value.Warn, value.Value)
			if err != nil {
				return nil, err
			}
			critical, err := alerts(value.Crit, value.Value)
			if err != nil {
				return nil, err
			}
			values = append(values, perf{value.Label, value.Value, value.UnitOfMeasurement, warning, critical})
		}
	}
	return map[string]any{"text": strings.TrimSpace(text), "data": values}, nil
}

// alerts says whether a value is outside of what is good by a threshold.
func alerts(threshold, value string) (bool, error) {
	if threshold == "" {
		return false, nil
	}
	parsed := nagios.ParseRangeString(threshold)
	if parsed == nil {
		return false, fmt.Errorf("%q is no range", threshold)
	}
	return parsed.CheckRange(value), nil
}
