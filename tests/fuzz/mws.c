/*
 * Packed models: the input, with a head and a checksum that pass, is opened and
 * used.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/err.h"
#include "lib/score/explain.h"
#include "lib/score/mws.h"
#include "lib/score/mws_file.h"
#include "lib/score/prep.h"
#include "tests/fuzz/harness.h"

static void
use(const struct mws *m, struct arena *a)
{
	const struct prep *p = mws_prep(m);
	size_t fields = (size_t)p->nfields, groups = (size_t)mws_ngroups(m);
	struct raw *raw = arena_alloc(a, (fields + 1) * sizeof(*raw));
	float *x = arena_alloc(a, 2 * ((size_t)p->nfeatures + 1) * sizeof(*x));
	float *out = arena_alloc(a, 2 * groups * sizeof(*out));
	double *by = arena_alloc(a, groups * (fields + 1) * sizeof(*by));
	int reasons[4];

	mws_predict(m, raw, out);
	for (int i = 0; i < p->nfeatures; i++)
		x[i] = (float)(i * 7 % 50 - 5);
	mws_margins(m, x, 2, out);
	explain_fields(m, x, by);
	(void)explain_reasons(m, by, mws_nlabels(m) > 0 ? 0 : -1, reasons, 4);
	for (int i = 0; i < p->nfields; i++)
		(void)mws_level(m, i, "smith", 5);
	(void)mws_field(m, "age", 3);
	for (int i = 0; i < mws_nlabels(m); i++)
		(void)strlen(mws_label(m, i));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const size_t head = offsetof(struct mws_header, task);
	size_t size = n / MWS_ALIGN * MWS_ALIGN;
	struct mws_header *h;
	struct err e = { 0 };
	struct mws *m;
	void *mem;

	if (size < sizeof(*h) || posix_memalign(&mem, MWS_ALIGN, size) != 0)
		return 0;
	h = memcpy(mem, data, size);
	memcpy(h->magic, MWS_MAGIC, sizeof(h->magic));
	h->version = MWS_VERSION;
	h->order = MWS_ORDER;
	h->size = size;
	h->sum = mws_sum((const char *)mem + head, size - head);
	if ((m = mws_view(mem, size, &e)) != NULL) {
		struct arena *a = arena_new();

		use(m, a);
		arena_free(a);
		mws_close(m);
	}
	free(mem);
	return 0;
}
