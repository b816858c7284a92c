// Builds the Jaeger 2.13 binary: v1.76.0 of the module is the same commit (its v2 tags are not Go versions of
// this module path). scripts/backends/build.mjs copies this file to an empty folder and builds there.
module backends

go 1.25.4

require github.com/jaegertracing/jaeger v1.76.0

// A dependency of a dependency still asks for sarama under its old name; 1.33 is the last one that calls itself
// so. Jaeger itself carries the same line, but `replace` counts only in the main module, which here is ours.
replace github.com/Shopify/sarama => github.com/Shopify/sarama v1.33.0

// Keeps `go mod tidy` from dropping the requirement.
tool github.com/jaegertracing/jaeger/cmd/jaeger
