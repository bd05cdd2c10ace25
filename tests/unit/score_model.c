#include "config.h"

#include <err.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/score/mws.h"
#include "lib/score/mws_file.h"
#include "tests/unit/score_model.h"

static const char *jobs[] = { "clerk", "smith", "caf\xc3\xa9/bar" };
static const char *members[] = { "no", "yes" };
static const float clerk[] = { 1, 0, 0 }, smith[] = { 0, 1, 0 };
static const float risk[] = { 0.1f, -0.2f, 0.7f };
static const float bins[] = { -1, 0, 2.5f, NAN }, yes[] = { 0, 1 };
static const double edges[] = { 20, 40.5, 60 };

/* clang-format off */
static struct prep_field fields[] = {
	{ "age",    FIELD_NUMBER },
	{ "job",    FIELD_CATEGORY, jobs, 3 },
	{ "since",  FIELD_DATETIME },
	{ "member", FIELD_CATEGORY, members, 2 },
	{ "note",   FIELD_CATEGORY, members, 2 },
};

static struct feature features[] = {
	{ "age",         PREP_NUMBER,  0, 30, 0.1, .missing = 0.5f },
	{ "age missing", PREP_MISSING, 0 },
	{ "job=clerk",   PREP_LOOKUP,  1, .table = clerk },
	{ "job=smith",   PREP_LOOKUP,  1, .table = smith },
	{ "job risk",    PREP_LOOKUP,  1, .table = risk, .missing = 0.25f, .unknown = 9 },
	{ "year",        PREP_DATE,    2, .part = DATE_YEAR, .missing = 2000 },
	{ "both",        PREP_EXPR,   -1, .expr = "if(job == 'smith', age, -age)", .missing = -7 },
	{ "age bin",     PREP_BINS,    0, .table = bins, .edge = edges, .nedges = 3, .missing = 4 },
	{ "member",      PREP_LOOKUP,  3, .table = yes, .missing = 0.5f },
};

static const double weight[nitems(features)] = {
	0.5, 1, -1, 2, 0.25, 0.001, 0.01, 0.3, -0.75
};
/* clang-format on */

static const double bias[] = { -2.5 };
static const char *label[] = { "good", "bad" };
static struct prep prep = { fields, nitems(fields), features, nitems(features),
	NULL };

struct prep *
model_prep(void)
{
	return &prep;
}

struct pack
model_pack(const struct prep *p)
{
	return (struct pack){
		.task = MWS_BINARY,
		.prep = p,
		.label = label,
		.nlabels = 2,
		.positive = 1,
		.adverse = 1,
		.threshold = 0.4,
		.kind = MWS_LINEAR,
		.weight = weight,
		.bias = bias,
		.link = LINK_SIGMOID,
	};
}

static void
close_model(void *m)
{
	mws_close(m);
}

struct mws *
model_open(const struct pack *p, struct arena *a)
{
	struct err e = { 0 };
	struct mws *m;
	struct buf b;
	void *mem;

	buf_init(&b, MWS_SIZE_MAX);
	if (pack_build(p, &b, &e) == -1)
		errx(1, "%s", e.text);
	if (posix_memalign(&mem, MWS_ALIGN, b.len) != 0)
		err(1, NULL);
	arena_defer(a, free, mem);
	memcpy(mem, b.data, b.len);
	if ((m = mws_view(mem, b.len, &e)) == NULL)
		errx(1, "%s", e.text);
	arena_defer(a, close_model, m);
	buf_done(&b);
	return m;
}
