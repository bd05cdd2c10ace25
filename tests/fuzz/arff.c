/*
 * Fuzz harness of the ARFF reader.
 */
#include "config.h"

#include "tests/fuzz/data.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	fuzz(data, n, DATA_ARFF);
	return 0;
}
