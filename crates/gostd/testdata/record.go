// Records what Go's standard library answers: `go run record.go > answers.jsonl`.
//
// Each line is an array of a function's name, its arguments, and its result or its error's text. Strings are written with
// one character for each byte, since Go's strings need not be UTF-8.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand"
	"os"
	"strconv"
	"time"
	"unicode"
)

var random = rand.New(rand.NewSource(1))

func latin(text string) string {
	runes := make([]rune, len(text))
	for i := range len(text) {
		runes[i] = rune(text[i])
	}
	return string(runes)
}

func line(values ...any) {
	for i, value := range values {
		switch value := value.(type) {
		case string:
			values[i] = latin(value)
		case error:
			values[i] = map[string]string{"error": latin(value.Error())}
		}
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(values); err != nil {
		panic(err)
	}
}

// A text of up to `most` of these pieces.
func text(most int, pieces ...string) string {
	var out bytes.Buffer
	for range random.Intn(most + 1) {
		out.WriteString(pieces[random.Intn(len(pieces))])
	}
	return out.String()
}

func answer[T any](value T, err error) any {
	if err != nil {
		return err
	}
	return fmt.Sprint(value)
}

// Bits, since JSON has neither infinities nor a negative zero.
func float(value float64, err error) any {
	return answer(math.Float64bits(value), err)
}

func randomFloat() float64 {
	switch random.Intn(4) {
	case 0:
		return math.Float64frombits(random.Uint64())
	case 1:
		return float64(random.Intn(2_000_000)-1_000_000) / math.Pow10(random.Intn(9))
	case 2:
		return math.Ldexp(float64(random.Intn(1000)), random.Intn(2200)-1100)
	default:
		return math.Round(random.NormFloat64()*1e4) * math.Pow10(random.Intn(40)-20)
	}
}

func integers() {
	for range 150 {
		pieces := []string{"0", "1", "7", "9", "_", "-", "+", "x", "b", "o", "a", "F", "99999999", "0x", "18446744"}
		text, base := text(6, pieces...), []int{0, 0, 0, 10, 8, 16, 2, 36}[random.Intn(8)]
		line("ParseInt", text, base, answer(strconv.ParseInt(text, base, 64)))
		line("ParseUint", text, base, answer(strconv.ParseUint(text, base, 64)))
	}
}

func floats() {
	for range 150 {
		pieces := []string{"0", "1", "5", "9", ".", "e", "E", "-", "+", "_", "0x", "p", "f", "123456789", "30", "000"}
		text := text(8, pieces...)
		line("ParseFloat", text, float(strconv.ParseFloat(text, 64)))
	}
	for range 150 {
		text := strconv.FormatFloat(randomFloat(), "xegf"[random.Intn(4)], random.Intn(22)-1, 64)
		line("ParseFloat", text, float(strconv.ParseFloat(text, 64)))
	}
	for range 150 {
		value, format, precision := randomFloat(), "beEfgGxX"[random.Intn(8)], max(random.Intn(30)-10, -1)
		bits := 64
		if random.Intn(4) == 0 {
			value, bits = float64(float32(value)), 32
			precision = -1
			if format == 'x' || format == 'X' {
				format = 'g'
			}
		}
		result := strconv.FormatFloat(value, format, precision, bits)
		line("FormatFloat", float(value, nil), string(format), precision, bits, result)
	}
	for range 150 {
		value := randomFloat()
		if math.IsNaN(value) || math.IsInf(value, 0) {
			continue
		}
		marshalled, err := json.Marshal(value)
		line("json float", float(value, nil), answer(string(marshalled), err))
	}
}

func durations() {
	for range 150 {
		text := text(5, "1", "30", "999999999999", ".", "5", "h", "m", "s", "ms", "us", "µs", "μs", "ns", "-", "1h", "2m", "d")
		line("ParseDuration", text, answer(time.ParseDuration(text)))
	}
	for range 150 {
		value := random.Int63() >> random.Intn(63)
		if random.Intn(4) == 0 {
			value = -value
		}
		line("Duration.String", fmt.Sprint(value), time.Duration(value).String())
	}
}

func strings() {
	pieces := []string{"a", "é", "\u2028", "\U0001f680", "\xff", "\xe2\x82", "\n", "\x01", "\x7f", "\"", "'", "`", "\\", "<", "&", "\u200b", "\ufffd"}
	for range 150 {
		text := text(6, pieces...)
		line("Quote", text, strconv.Quote(text))
		line("QuoteToASCII", text, strconv.QuoteToASCII(text))
		line("CanBackquote", text, strconv.CanBackquote(text))
		escaped, err := json.Marshal(text)
		line("json string", text, answer(string(escaped), err))
	}
	for range 150 {
		body := text(5, "a", "é", "\\", "\\n", "\\x41", "\\xff", "\\u00e9", "\\ud800", "\\U0001f680", "\\101", "\\400", "'", "\"", "`", "\n", "\xff", "\\'", "\\\"")
		quote := []string{"\"", "'", "`"}[random.Intn(3)]
		line("Unquote", quote+body+quote, answer(strconv.Unquote(quote+body+quote)))
	}
}

// Classes and cases of runes.
func runes() {
	for range 150 {
		ranges := []*unicode.RangeTable{unicode.L, unicode.N, unicode.P, unicode.Z}[random.Intn(4)].R16
		code := rune(ranges[random.Intn(len(ranges))].Lo)
		line("unicode", int(code), unicode.IsLetter(code), unicode.IsDigit(code), unicode.IsNumber(code), strconv.IsPrint(code),
			unicode.IsPunct(code), unicode.IsSpace(code), unicode.IsUpper(code), unicode.IsLower(code), unicode.IsTitle(code),
			int(unicode.ToUpper(code)), int(unicode.ToLower(code)), int(unicode.ToTitle(code)))
	}
}

func main() {
	integers()
	floats()
	durations()
	strings()
	runes()
}
