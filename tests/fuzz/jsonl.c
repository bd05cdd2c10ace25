/*
 * Fuzz harness of the JSONL reader.
 */
#include "config.h"

#include "tests/fuzz/data.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	fuzz(data, n, DATA_JSONL);
	return 0;
}
