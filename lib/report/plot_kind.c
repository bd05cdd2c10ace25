#include "config.h"

#include <math.h>

#include "lib/arena.h"
#include "lib/report/plot_kind.h"

void
span_add(struct span *s, double v)
{
	if (!isfinite(v))
		return;
	if (s->low > s->high)
		s->low = s->high = v;
	s->low = fmin(s->low, v);
	s->high = fmax(s->high, v);
}

enum ink
plot_ink(const struct plot_series *s)
{
	if (s->colour == PLOT_MUTED)
		return INK_MUTED;
	return (enum ink)(INK_DATA + (unsigned)s->colour % 6);
}

static void
span_all(struct span *s, const double *v, size_t n)
{
	for (size_t i = 0; v != NULL && i < n; i++)
		span_add(s, v[i]);
}

static void
range_points(const struct plot *p, const struct plot_series *s, struct span *x,
    struct span *y)
{
	if (p->x.ncategories == 0)
		span_all(x, s->x, s->n);
	span_all(y, s->y, s->n);
	span_all(y, s->low, s->n);
	span_all(y, s->high, s->n);
}

static void
range_bar(const struct plot *p, const struct plot_series *s, struct span *x,
    struct span *y)
{
	struct span *value = p->y.ncategories > 0 ? x : y;

	span_add(value, 0);
	span_all(value, s->y, s->n);
	span_all(value, s->low, s->n);
	span_all(value, s->high, s->n);
}

static void
range_hist(const struct plot *p, const struct plot_series *s, struct span *x,
    struct span *y)
{
	(void)p;
	span_add(y, 0);
	span_all(y, s->y, s->n);
	span_all(x, s->x, s->n > 0 ? s->n + 1 : 0);
}

static void
range_dumbbell(const struct plot *p, const struct plot_series *s,
    struct span *x, struct span *y)
{
	(void)p;
	(void)y;
	span_all(x, s->x, s->n);
	span_all(x, s->y, s->n);
	span_all(x, s->low, s->n);
	span_all(x, s->high, s->n);
}

static void
range_tile(const struct plot *p, const struct plot_series *s, struct span *x,
    struct span *y)
{
	(void)p;
	(void)s;
	(void)x;
	(void)y;
}

static double
at_x(const struct plot_frame *f, const struct plot_series *s, size_t i)
{
	if (f->plot->x.ncategories > 0)
		return axis_row(&f->x, i);
	return axis_at(&f->x, s->x[i]);
}

static int
point_ok(const struct plot_frame *f, const struct plot_series *s, size_t i)
{
	if (!isfinite(s->y[i]))
		return 0;
	return f->plot->x.ncategories > 0 ? i < f->plot->x.ncategories
	                                  : isfinite(s->x[i]);
}

/* The band between low and high, in runs of finite values. */
static void
draw_band(struct plot_frame *f, const struct plot_series *s)
{
	double *xy = arena_alloc(f->arena, 4 * (s->n + 1) * sizeof(*xy));
	size_t i = 0, from, n;

	while (i < s->n) {
		for (from = i, n = 0;
		     i < s->n && point_ok(f, s, i) && isfinite(s->low[i]) &&
		     isfinite(s->high[i]);
		     i++) {
			xy[2 * n] = at_x(f, s, i);
			xy[2 * n++ + 1] = axis_at(&f->y, s->high[i]);
		}
		for (size_t j = i; j > from; j--) {
			xy[2 * n] = at_x(f, s, j - 1);
			xy[2 * n++ + 1] = axis_at(&f->y, s->low[j - 1]);
		}
		canvas_area(f->canvas, xy, n, plot_ink(s), 0.16);
		i += i == from;
	}
}

static void
draw_joined(struct plot_frame *f, const struct plot_series *s, int step)
{
	double *xy = arena_alloc(f->arena, 4 * (s->n + 1) * sizeof(*xy));
	double width = s->colour == PLOT_MUTED ? 0.8 : 1.3;
	size_t n = 0;

	if (s->low != NULL && s->high != NULL)
		draw_band(f, s);
	for (size_t i = 0; i <= s->n; i++) {
		double x, y;

		if (i == s->n || !point_ok(f, s, i)) {
			canvas_path(f->canvas, xy, n, plot_ink(s), width,
			    s->dashed ? 3 : 0);
			n = 0;
			continue;
		}
		x = at_x(f, s, i);
		y = axis_at(&f->y, s->y[i]);
		/* Points that nobody could tell apart on paper are skipped,
		 * but for the ends. */
		if (n > 1 && i + 1 < s->n && fabs(x - xy[2 * n - 2]) < 0.15 &&
		    fabs(y - xy[2 * n - 1]) < 0.15)
			continue;
		if (step && n > 0) {
			xy[2 * n] = x;
			xy[2 * n + 1] = xy[2 * n - 1];
			n++;
		}
		xy[2 * n] = x;
		xy[2 * n + 1] = y;
		n++;
	}
}

static void
draw_line(struct plot_frame *f, const struct plot_series *s)
{
	draw_joined(f, s, 0);
}

static void
draw_step(struct plot_frame *f, const struct plot_series *s)
{
	draw_joined(f, s, 1);
}

static void
whisker(struct plot_frame *f, int upright, double across, double low,
    double high, enum ink ink)
{
	const struct axis *a = upright ? &f->y : &f->x;
	double from, to;

	if (!isfinite(low) || !isfinite(high))
		return;
	from = axis_at(a, low);
	to = axis_at(a, high);
	if (upright)
		canvas_line(f->canvas, across, from, across, to, ink, 0.9, 0);
	else
		canvas_line(f->canvas, from, across, to, across, ink, 0.9, 0);
}

/* The value at the end of a bar; where a guide may cross it, on paper. */
static void
bar_value(struct plot_frame *f, double value, double end, double y)
{
	struct canvas_text t = {
		.y = y + 2.4, .size = 6.5, .ink = INK_SOFT, .font = TEXT_REGULAR
	};
	char text[NUMBER_LEN];

	number_sig(value, 3, text);
	t.x = value < 0 ? end - 3 : end + 3;
	t.anchor = value < 0 ? CANVAS_END : CANVAS_START;
	if (f->plot->nguides > 0) {
		double w = text_width(text, TEXT_REGULAR, t.size);

		canvas_rect(f->canvas, value < 0 ? t.x - w : t.x, y - 3.5, w, 7,
		    INK_PAPER, 1);
	}
	canvas_text(f->canvas, &t, text);
}

static void
draw_bar(struct plot_frame *f, const struct plot_series *s)
{
	int flat = f->plot->y.ncategories > 0;
	const struct axis *rows = flat ? &f->y : &f->x;
	const struct axis *value = flat ? &f->x : &f->y;
	double slot = axis_row_width(rows), thick = slot * 0.68;
	double zero = axis_at(value, 0);

	thick = fmin(thick, 26) / (double)f->bars;
	for (size_t i = 0; i < s->n && i < rows->rows; i++) {
		double middle =
		    axis_row(rows, i) +
		    ((double)f->bar - (double)(f->bars - 1) / 2) * thick;
		double end = axis_at(value, s->y[i]);
		double from = fmin(zero, end), size = fabs(end - zero);

		if (!isfinite(s->y[i]))
			continue;
		if (flat)
			canvas_rect(f->canvas, from, middle - thick / 2, size,
			    thick, plot_ink(s), 1);
		else
			canvas_rect(f->canvas, middle - thick / 2, from, thick,
			    size, plot_ink(s), 1);
		if (s->low != NULL && s->high != NULL)
			whisker(
			    f, !flat, middle, s->low[i], s->high[i], INK_TEXT);
		else if (flat && f->bars == 1)
			bar_value(f, s->y[i], end, middle);
	}
}

static void
draw_hist(struct plot_frame *f, const struct plot_series *s)
{
	double zero = axis_at(&f->y, 0), opacity = s->name != NULL ? 0.5 : 0.85;

	for (size_t i = 0; i < s->n; i++) {
		double from = axis_at(&f->x, s->x[i]);
		double to = axis_at(&f->x, s->x[i + 1]);
		double top = axis_at(&f->y, s->y[i]);

		if (!isfinite(s->x[i]) || !isfinite(s->x[i + 1]) ||
		    !isfinite(s->y[i]) || s->y[i] == 0)
			continue;
		/* A gap of a hair, where there is room for it. */
		if (to - from > 2)
			to -= 0.6;
		canvas_rect(f->canvas, from, fmin(top, zero), to - from,
		    fabs(zero - top), plot_ink(s), opacity);
	}
}

static void
draw_scatter(struct plot_frame *f, const struct plot_series *s)
{
	double r = s->n > 400 ? 1 : s->n > 100 ? 1.4 : 2;
	double opacity = s->n > 400 ? 0.35 : s->n > 100 ? 0.55 : 1;

	for (size_t i = 0; i < s->n; i++) {
		struct canvas_text t = {
			.size = 6.5, .ink = INK_SOFT, .font = TEXT_REGULAR
		};
		double x, y;

		if (!point_ok(f, s, i))
			continue;
		x = at_x(f, s, i);
		y = axis_at(&f->y, s->y[i]);
		if (s->low != NULL && s->high != NULL)
			whisker(f, 1, x, s->low[i], s->high[i], plot_ink(s));
		canvas_dot(f->canvas, x, y, r, plot_ink(s), opacity);
		if (s->labels == NULL || s->labels[i] == NULL)
			continue;
		t.x = x + 4;
		t.y = y + 2.4;
		canvas_text(f->canvas, &t,
		    text_fit(f->arena, s->labels[i], TEXT_REGULAR, 6.5, 80));
	}
}

static void
draw_dumbbell(struct plot_frame *f, const struct plot_series *s)
{
	for (size_t i = 0; i < s->n && i < f->y.rows; i++) {
		double y = axis_row(&f->y, i), x, other;

		if (!isfinite(s->x[i]))
			continue;
		x = axis_at(&f->x, s->x[i]);
		if (s->low != NULL && s->high != NULL)
			whisker(f, 0, y, s->low[i], s->high[i], plot_ink(s));
		if (s->y != NULL && isfinite(s->y[i])) {
			other = axis_at(&f->x, s->y[i]);
			canvas_line(f->canvas, x, y, other, y, INK_GRID, 2, 0);
			if (s->low != NULL && s->high != NULL)
				whisker(f, 0, y, s->low[i], s->high[i],
				    plot_ink(s));
			canvas_ring(f->canvas, other, y, 2.6, INK_MUTED);
		}
		canvas_dot(f->canvas, x, y, 3, plot_ink(s), 1);
	}
}

static void
draw_tile(struct plot_frame *f, const struct plot_series *s)
{
	double w = axis_row_width(&f->x), h = axis_row_width(&f->y);
	double size = fmin(9, fmin(w / 4, h / 1.6));

	for (size_t i = 0; i < s->n; i++) {
		struct canvas_text t = { .size = size,
			.anchor = CANVAS_MIDDLE,
			.font = TEXT_REGULAR };
		char text[NUMBER_LEN];
		double x, y, shade = s->low[i];

		if (!(s->x[i] >= 0 && s->x[i] < (double)f->x.rows &&
			s->y[i] >= 0 && s->y[i] < (double)f->y.rows))
			continue;
		x = axis_row(&f->x, (size_t)s->x[i]);
		y = axis_row(&f->y, (size_t)s->y[i]);
		shade = shade >= 0 && shade <= 1 ? shade : 0;
		canvas_rect(f->canvas, x - w / 2 + 0.5, y - h / 2 + 0.5, w - 1,
		    h - 1, plot_ink(s), 0.05 + 0.53 * shade);
		if (size < 4)
			continue;
		number_sig(s->high[i], 3, text);
		t.x = x;
		t.y = y + size * 0.36;
		t.ink = INK_TEXT;
		canvas_text(f->canvas, &t, text);
	}
}

/* clang-format off */
const struct plot_kind_row plot_kind_rows[PLOT__MAX] = {
	[PLOT_LINE]     = { PLOT_KEY_LINE, range_points,   draw_line },
	[PLOT_STEP]     = { PLOT_KEY_LINE, range_points,   draw_step },
	[PLOT_BAR]      = { PLOT_KEY_BOX,  range_bar,      draw_bar },
	[PLOT_HIST]     = { PLOT_KEY_BOX,  range_hist,     draw_hist },
	[PLOT_SCATTER]  = { PLOT_KEY_DOT,  range_points,   draw_scatter },
	[PLOT_DUMBBELL] = { PLOT_KEY_DOT,  range_dumbbell, draw_dumbbell },
	[PLOT_TILE]     = { PLOT_KEY_BOX,  range_tile,     draw_tile },
};
/* clang-format on */
