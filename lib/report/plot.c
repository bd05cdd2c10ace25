#include "config.h"

#include <math.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/banned.h"
#include "lib/report/plot_file.h"
#include "lib/report/plot_kind.h"

#define TITLE_SIZE   8.5
#define TITLE_HEIGHT 14
#define KEY_SIZE     7.2
#define KEY_HEIGHT   11
#define KEY_MARK     11
#define TICK_SIZE    6.8
#define LABEL_SIZE   7.2
#define ROW_HEIGHT   13.5
#define ROW_TIGHT    11.5 /* of many rows */

/* Where the parts of a plot go. */
struct layout {
	double keys;         /* height of the legend */
	double left, bottom; /* of the labels around the data */
	double x, y, w, h;   /* the data */
	int turned;          /* the categories below stand upright */
};

/* The legend flows like text: the place of each key, and the height of all.
 * Without a canvas it is only measured. */
static double
keys(struct canvas *c, struct arena *a, const struct plot *p, double x,
    double y, double w)
{
	double at = 0, line = 0;
	int any = 0;

	for (size_t i = 0; i < p->nseries; i++) {
		const struct plot_series *s = &p->series[i];
		enum plot_key key = plot_kind_rows[s->kind].key;
		struct canvas_text t = { .size = KEY_SIZE, .ink = INK_SOFT };
		const char *name;
		double wide, mx, my;

		if (s->name == NULL)
			continue;
		any = 1;
		name = text_fit(
		    a, s->name, TEXT_REGULAR, KEY_SIZE, w - KEY_MARK - 4);
		wide = KEY_MARK + 3 + text_width(name, TEXT_REGULAR, KEY_SIZE);
		if (at > 0 && at + wide > w) {
			at = 0;
			line += KEY_HEIGHT;
		}
		mx = x + at;
		my = y + line + KEY_HEIGHT / 2.0 - 0.5;
		at += wide + 10;
		if (c == NULL)
			continue;
		if (key == PLOT_KEY_LINE)
			canvas_line(c, mx, my, mx + KEY_MARK - 1, my,
			    plot_ink(s), 1.5, s->dashed ? 3 : 0);
		else if (key == PLOT_KEY_BOX)
			canvas_rect(c, mx + 1, my - 3, 8, 6.5, plot_ink(s),
			    s->kind == PLOT_HIST ? 0.6 : 1);
		else
			canvas_dot(c, mx + 5, my, 2.4, plot_ink(s), 1);
		t.x = mx + KEY_MARK + 3;
		t.y = my + 2.6;
		canvas_text(c, &t, name);
	}
	return any ? line + KEY_HEIGHT + 3 : 0;
}

static double
widest_tick(const struct axis *a)
{
	double w = 0;
	char label[NUMBER_LEN];

	for (size_t i = 0; i < a->nticks; i++) {
		axis_label(a, a->ticks[i], label);
		w = fmax(w, text_width(label, TEXT_REGULAR, TICK_SIZE));
	}
	return w;
}

static double
widest_category(struct arena *a, const struct plot_axis *axis, double most)
{
	double w = 0;

	for (size_t i = 0; i < axis->ncategories; i++)
		w = fmax(w, text_width(text_fit(a, axis->categories[i],
					   TEXT_REGULAR, TICK_SIZE, most),
				TEXT_REGULAR, TICK_SIZE));
	return w;
}

/* The ranges of the data.  Horizontal bars leave room for the numbers at their
 * ends, dots at the edge get some air. */
static void
ranges(struct plot_frame *f, struct span *x, struct span *y, double w)
{
	const struct plot *p = f->plot;
	int scatter = 0;

	*x = *y = (struct span){ 1, 0 };
	for (size_t i = 0; i < p->nseries; i++) {
		const struct plot_series *s = &p->series[i];

		plot_kind_rows[s->kind].range(p, s, x, y);
		f->bars += s->kind == PLOT_BAR;
		scatter |= s->kind == PLOT_SCATTER;
	}
	if (f->bars == 1 && p->y.ncategories > 0 && x->high > 0)
		x->high += (x->high - fmin(x->low, 0)) * 26 / fmax(w, 60);
	else if (scatter && x->high > x->low && !p->x.log) {
		double air = (x->high - x->low) * 0.03;

		x->low -= air;
		x->high += air;
	}
}

/* Where everything goes in w × h.  How wide the labels of one axis are says
 * how many ticks the other one has room for. */
static void
arrange(struct plot_frame *f, struct layout *l, double w, double h)
{
	const struct plot *p = f->plot;
	int rows = p->y.ncategories > 0, rounded;
	struct span x, y;

	*l = (struct layout){ .keys = keys(NULL, f->arena, p, 0, 0, w) };
	l->y = (p->title != NULL ? TITLE_HEIGHT : 0) + l->keys + 4;
	l->bottom = 12 + (p->x.label != NULL ? 11 : 0);
	ranges(f, &x, &y, w * 0.5);
	rounded = rows && f->bars == 0;
	/* The same steps both ways in a square. */
	axis_init(&f->y, &p->y, y.low, y.high,
	    p->square ? 5 : (int)fmax(3, (h - l->y - l->bottom) / 28), 1);
	l->left = rows ? 7 + widest_category(f->arena, &p->y, w * 0.48)
	               : 5 + widest_tick(&f->y);
	if (p->y.label != NULL)
		l->left += 11;
	l->x = l->left;
	l->w = fmax(w - l->left - 9, 20); /* half a tick label to the right */
	axis_init(&f->x, &p->x, x.low, x.high,
	    p->square ? 5 : (int)fmax(rounded ? 2 : 3, l->w / 42), rounded);
	if (p->x.ncategories > 0) {
		double slot = l->w / (double)p->x.ncategories;
		double most = widest_category(f->arena, &p->x, 60);

		l->turned = most > slot - 4;
		if (l->turned)
			l->bottom += most - 4;
	}
	l->h = fmax(h - l->y - l->bottom, 20);
	if (p->square)
		l->w = l->h = fmin(l->w, l->h);
}

static void
draw_x(struct plot_frame *f, const struct layout *l)
{
	const struct plot *p = f->plot;
	double floor_ = l->y + l->h;
	struct canvas_text t = { .y = floor_ + 9.5,
		.size = TICK_SIZE,
		.ink = INK_SOFT,
		.anchor = CANVAS_MIDDLE };
	double slot = f->x.rows > 0 ? axis_row_width(&f->x) : 0;
	char label[NUMBER_LEN];

	for (size_t i = 0; i < f->x.rows; i++) {
		const char *name = text_fit(f->arena, p->x.categories[i],
		    TEXT_REGULAR, TICK_SIZE, l->turned ? 60 : slot);

		t.x = axis_row(&f->x, i);
		if (l->turned) {
			if (slot < 6 && i % (size_t)ceil(7 / slot) != 0)
				continue;
			t.upright = 1;
			t.anchor = CANVAS_END;
			t.x += 2.4;
			t.y = floor_ + 4;
		}
		canvas_text(f->canvas, &t, name);
	}
	for (size_t i = 0; f->x.rows == 0 && i < f->x.nticks; i++) {
		t.x = axis_at(&f->x, f->x.ticks[i]);
		canvas_line(
		    f->canvas, t.x, l->y, t.x, floor_, INK_GRID, 0.5, 0);
		axis_label(&f->x, f->x.ticks[i], label);
		canvas_text(f->canvas, &t, label);
	}
	if (p->x.label == NULL)
		return;
	t = (struct canvas_text){ .x = l->x + l->w / 2,
		.y = floor_ + l->bottom - 2,
		.size = LABEL_SIZE,
		.ink = INK_SOFT,
		.anchor = CANVAS_MIDDLE };
	canvas_text(f->canvas, &t,
	    text_fit(f->arena, p->x.label, TEXT_REGULAR, LABEL_SIZE,
		l->w + l->left));
}

static void
draw_y(struct plot_frame *f, const struct layout *l)
{
	const struct plot *p = f->plot;
	struct canvas_text t = { .x = l->x - (f->y.rows > 0 ? 6 : 4),
		.size = TICK_SIZE,
		.ink = INK_SOFT,
		.anchor = CANVAS_END };
	char label[NUMBER_LEN];

	for (size_t i = 0; i < f->y.rows; i++) {
		if (axis_row_width(&f->y) < 7 &&
		    i % (size_t)ceil(7 / axis_row_width(&f->y)) != 0)
			continue;
		t.y = axis_row(&f->y, i) + 2.4;
		t.ink = INK_TEXT;
		canvas_text(f->canvas, &t,
		    text_fit(f->arena, p->y.categories[i], TEXT_REGULAR,
			TICK_SIZE,
			l->left - 6.9 - (p->y.label != NULL ? 11 : 0)));
	}
	for (size_t i = 0; f->y.rows == 0 && i < f->y.nticks; i++) {
		double y = axis_at(&f->y, f->y.ticks[i]);

		canvas_line(
		    f->canvas, l->x, y, l->x + l->w, y, INK_GRID, 0.5, 0);
		t.y = y + 2.4;
		axis_label(&f->y, f->y.ticks[i], label);
		canvas_text(f->canvas, &t, label);
	}
	if (p->y.label == NULL)
		return;
	t = (struct canvas_text){ .x = l->x - l->left + 7,
		.y = l->y + l->h / 2,
		.size = LABEL_SIZE,
		.ink = INK_SOFT,
		.anchor = CANVAS_MIDDLE,
		.upright = 1 };
	canvas_text(f->canvas, &t,
	    text_fit(
		f->arena, p->y.label, TEXT_REGULAR, LABEL_SIZE, l->h + 20));
}

static void
draw_edges(struct plot_frame *f, const struct layout *l)
{
	double floor_ = l->y + l->h;

	if (f->x.rows == 0 || f->y.rows == 0) {
		if (f->y.rows == 0)
			canvas_line(f->canvas, l->x, floor_, l->x + l->w,
			    floor_, INK_AXIS, 0.8, 0);
		if (f->y.rows > 0)
			canvas_line(f->canvas, axis_at(&f->x, 0), l->y,
			    axis_at(&f->x, 0), floor_, INK_AXIS, 0.8, 0);
	}
}

static void
draw_guides(struct plot_frame *f, const struct layout *l)
{
	for (size_t i = 0; i < f->plot->nguides; i++) {
		double x = f->plot->guides[i];

		if (x < f->x.low || x > f->x.high)
			continue;
		x = axis_at(&f->x, x);
		canvas_line(
		    f->canvas, x, l->y, x, l->y + l->h, INK_MUTED, 0.9, 2);
	}
}

static void
draw_on(const struct plot *p, struct canvas *c, double x, double y, double w,
    double h)
{
	struct arena *a = arena_new();
	struct plot_frame f = { .canvas = c, .arena = a, .plot = p };
	struct layout l;

	arrange(&f, &l, w, h);
	if (p->title != NULL) {
		struct canvas_text t = { .x = x,
			.y = y + TITLE_SIZE,
			.size = TITLE_SIZE,
			.font = TEXT_BOLD,
			.ink = INK_TEXT };

		canvas_text(
		    c, &t, text_fit(a, p->title, TEXT_BOLD, TITLE_SIZE, w));
	}
	keys(c, a, p, x, y + (p->title != NULL ? TITLE_HEIGHT : 0), w);
	l.x += x;
	l.y += y;
	f.x.from = l.x;
	f.x.to = l.x + l.w;
	/* Categories go down the page, numbers up. */
	f.y.from = f.y.rows > 0 ? l.y : l.y + l.h;
	f.y.to = f.y.rows > 0 ? l.y + l.h : l.y;
	draw_x(&f, &l);
	draw_y(&f, &l);
	if (f.y.rows > 0)
		draw_guides(&f, &l);
	for (size_t i = 0; i < p->nseries; i++) {
		plot_kind_rows[p->series[i].kind].draw(&f, &p->series[i]);
		f.bar += p->series[i].kind == PLOT_BAR;
	}
	draw_edges(&f, &l);
	if (f.y.rows == 0)
		draw_guides(&f, &l);
	arena_free(a);
}

void
plot_draw(
    const struct plot *p, cairo_t *cr, double x, double y, double w, double h)
{
	struct canvas c = canvas_cairo(cr);

	cairo_save(cr);
	draw_on(p, &c, x, y, w, h);
	cairo_restore(cr);
}

void
plot_svg_body(const struct plot *p, double w, double h, struct buf *b)
{
	struct canvas c = canvas_svg(b);

	draw_on(p, &c, 0, 0, w, h);
}

double
plot_height(const struct plot *p, double w)
{
	struct arena *a = arena_new();
	double top = (p->title != NULL ? TITLE_HEIGHT : 0) +
	             keys(NULL, a, p, 0, 0, w) + 4;
	double below = 12 + (p->x.label != NULL ? 11 : 0), data;
	double left = 5 + (p->y.label != NULL ? 11 : 0);

	if (p->y.ncategories > 0)
		left += widest_category(a, &p->y, w * 0.48);
	else
		left += 18;
	if (p->square)
		data = fmin(w - left - 9, 172);
	else if (p->y.ncategories > 0)
		data = (p->y.ncategories > 12 ? ROW_TIGHT : ROW_HEIGHT) *
		       fmin(fmax((double)p->y.ncategories, 2), 60);
	else
		data = fmin(fmax(w * 0.44, 80), 150);
	if (p->x.ncategories > 0) {
		double most = widest_category(a, &p->x, 60);

		if (most > (w - left - 9) / (double)p->x.ncategories - 4)
			below += most - 4;
	}
	arena_free(a);
	return top + data + below;
}
