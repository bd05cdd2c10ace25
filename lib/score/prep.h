/*
 * Feature preparation: from the raw fields of one row to the numbers that the
 * learner sees.  Training, evaluation and serving call the same prep_row, so
 * that a model is never fed differently from how it was taught.
 *
 * A preparation is a schema (the raw fields) and a list of features, each one
 * operation on one field, or an expression over several.  Whoever fits one
 * (lib/ml/fit.c) fills these structs; they are plain data, read only after
 * that, and go into model.json and scorer.mws as they are.
 */
#ifndef PREP_H
#define PREP_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct err;

enum field_kind { FIELD_NUMBER, FIELD_CATEGORY, FIELD_DATETIME };

/* What serving refuses; else it goes on, takes the value as missing or
 * unknown, and warns. */
enum field_refuse {
	REFUSE_MISSING = 1,
	REFUSE_UNKNOWN = 2, /* a level that training never saw */
	REFUSE_TYPE = 4,    /* text for a number, and the like */
};

struct prep_field {
	const char *name;
	enum field_kind kind;
	const char **level; /* FIELD_CATEGORY: what training saw */
	int nlevels;
	unsigned refuse; /* of enum field_refuse; 0 = warn only */
};

enum prep_op {
	PREP_NUMBER,  /* (x - shift) * scale; missing gives `missing` */
	PREP_MISSING, /* 1 where the field is missing, else 0 */
	PREP_LOOKUP,  /* table[level]: one-hot, ordinal, target, WoE */
	PREP_BINS,    /* table[i] for edge[i-1] <= x < edge[i]: WoE, points */
	PREP_DATE,    /* a part of a date, see enum date_part */
	PREP_EXPR,    /* an expression of lib/score/dsl.h over the fields */
	PREP__MAX
};

enum date_part {
	DATE_YEAR,
	DATE_MONTH,
	DATE_DAY,
	DATE_WEEKDAY, /* 0 = Monday */
	DATE_HOUR,
	DATE_DAYS, /* since 1970-01-01 */
	DATE__MAX
};

struct feature {
	const char *name;
	enum prep_op op;
	int field;           /* index into the schema; -1 for PREP_EXPR */
	double shift, scale; /* PREP_NUMBER */
	/* What stands for no value (of an expression too), and for a level that
	 * training never saw. */
	float missing, unknown;
	const float *table; /* LOOKUP: one a level; BINS: nedges + 1 */
	const double *edge; /* BINS: ascending */
	int nedges;
	enum date_part part; /* PREP_DATE */
	const char *expr;    /* PREP_EXPR: its source */
};

struct prep {
	struct prep_field *field;
	int nfields;
	struct feature *feature;
	int nfeatures;
	void **compiled; /* prep_compile's, one a feature; NULL where none */
};

/* One raw value: of a JSON body, or of a row of a frame. */
enum raw_kind { RAW_MISSING, RAW_NUMBER, RAW_LEVEL, RAW_UNKNOWN };

struct raw {
	enum raw_kind kind;
	double number; /* RAW_NUMBER; dates are seconds since 1970, UTC */
	int level;     /* RAW_LEVEL: index into the schema's levels */
};

#define PREP_FIELDS_MAX   65536
#define PREP_FEATURES_MAX 65536
#define PREP_LEVELS_MAX   (1 << 20) /* of all fields together */

/* Check a preparation and compile its expressions (into the arena).  Call it
 * once before prep_row.  An error names the feature; that of an expression
 * has its line and column. */
int prep_compile(struct prep *, struct arena *, struct err *)
    __attribute__((warn_unused_result));

/* raw[nfields] to out[nfeatures].  Pure: the same input gives the same bits.
 * NaN in out means missing (gradient-boosted trees take it as it is); out is
 * never infinite: numbers beyond a float saturate, expressions without a
 * finite value are missing. */
void prep_row(const struct prep *, const struct raw *raw, float *out);

/* To and from the "preparation" member of model.json; texts and tables of the
 * result belong to the arena. */
json_t *prep_to_json(const struct prep *);
struct prep *prep_from_json(const json_t *, struct arena *, struct err *)
    __attribute__((warn_unused_result));

#endif
