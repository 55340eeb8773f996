"""What the targets share: a cursor over bytes, a mutator of JSON, seeds, the fuzzer itself."""
