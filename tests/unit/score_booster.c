#include "config.h"

#include <stdint.h>
#include <string.h>

#include "lib/buf.h"
#include "tests/unit/score_booster.h"

static void
put_big(struct buf *b, uint64_t v, int n)
{
	for (int i = n - 1; i >= 0; i--) {
		unsigned char c = (unsigned char)(v >> 8 * i);

		buf_add(b, &c, 1);
	}
}

static void
put_name(struct buf *b, const char *s)
{
	buf_puts(b, "L");
	put_big(b, strlen(s), 8);
	buf_puts(b, s);
}

static void
put_text(struct buf *b, const char *name, const char *s)
{
	put_name(b, name);
	buf_puts(b, "S");
	put_name(b, s);
}

/* An array of one type: d floats, l and U integers. */
static void
put_array(
    struct buf *b, const char *name, const char *type, const double *v, int n)
{
	put_name(b, name);
	buf_puts(b, "[$");
	buf_puts(b, type);
	buf_puts(b, "#L");
	put_big(b, (uint64_t)n, 8);
	for (int i = 0; i < n; i++) {
		float f = (float)v[i];
		uint32_t bits;

		memcpy(&bits, &f, sizeof(bits));
		if (*type == 'd')
			put_big(b, bits, 4);
		else
			put_big(
			    b, (uint64_t)(int64_t)v[i], *type == 'U' ? 1 : 4);
	}
}

static void
put_first(struct buf *b)
{
	buf_puts(b, "{");
	put_array(b, "left_children", "l", (double[]){ 1, -1, 3, -1, -1 }, 5);
	put_array(b, "right_children", "l", (double[]){ 2, -1, 4, -1, -1 }, 5);
	put_array(b, "split_indices", "l", (double[]){ 0, 0, 1, 0, 0 }, 5);
	put_array(
	    b, "split_conditions", "d", (double[]){ 1.5, 0.25, 0, 0.5, -1 }, 5);
	put_array(b, "default_left", "U", (double[]){ 1, 0, 0, 0, 0 }, 5);
	put_array(b, "split_type", "U", (double[]){ 0, 0, 1, 0, 0 }, 5);
	put_array(b, "sum_hessian", "d", (double[]){ 10, 6, 4, 3, 1 }, 5);
	put_array(b, "categories", "l", (double[]){ 1 }, 1);
	put_array(b, "categories_nodes", "l", (double[]){ 2 }, 1);
	put_array(b, "categories_segments", "l", (double[]){ 0 }, 1);
	put_array(b, "categories_sizes", "l", (double[]){ 1 }, 1);
	buf_puts(b, "}");
}

static void
put_second(struct buf *b)
{
	buf_puts(b, "{");
	put_array(b, "left_children", "l", (double[]){ 1, -1, 3, -1, -1 }, 5);
	put_array(b, "right_children", "l", (double[]){ 2, -1, 4, -1, -1 }, 5);
	put_array(b, "split_indices", "l", (double[]){ 2, 0, 0, 0, 0 }, 5);
	put_array(
	    b, "split_conditions", "d", (double[]){ 0, -0.125, -2, 3, 4 }, 5);
	put_array(b, "default_left", "U", (double[]){ 1, 0, 0, 0, 0 }, 5);
	put_array(b, "split_type", "U", (double[]){ 1, 0, 0, 0, 0 }, 5);
	put_array(b, "sum_hessian", "d", (double[]){ 8, 6, 2, 1, 1 }, 5);
	put_array(b, "categories", "l", (double[]){ 0, 33 }, 2);
	put_array(b, "categories_nodes", "l", (double[]){ 0 }, 1);
	put_array(b, "categories_segments", "l", (double[]){ 0 }, 1);
	put_array(b, "categories_sizes", "l", (double[]){ 2 }, 1);
	buf_puts(b, "}");
}

void
booster_write(struct buf *b)
{
	buf_puts(b, "{");
	put_name(b, "learner");
	buf_puts(b, "{");
	put_name(b, "gradient_booster");
	buf_puts(b, "{");
	put_text(b, "name", "gbtree");
	put_name(b, "model");
	buf_puts(b, "{");
	put_name(b, "trees");
	buf_puts(b, "[");
	put_first(b);
	put_second(b);
	buf_puts(b, "]");
	put_name(b, "tree_info");
	buf_puts(b, "[i");
	put_big(b, 0, 1);
	buf_puts(b, "i");
	put_big(b, 0, 1);
	buf_puts(b, "]}}");
	put_name(b, "learner_model_param");
	buf_puts(b, "{");
	put_text(b, "base_score", "5E-1");
	put_text(b, "num_feature", "3");
	buf_puts(b, "}");
	put_name(b, "objective");
	buf_puts(b, "{");
	put_text(b, "name", "reg:squarederror");
	buf_puts(b, "}}}");
}
