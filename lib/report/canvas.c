#include "config.h"

#include "lib/report/canvas.h"

void
canvas_rect(struct canvas *c, double x, double y, double w, double h,
    enum ink ink, double opacity)
{
	c->ops->rect(c, x, y, w, h, ink, opacity);
}

void
canvas_line(struct canvas *c, double x0, double y0, double x1, double y1,
    enum ink ink, double width, double dash)
{
	double xy[] = { x0, y0, x1, y1 };

	c->ops->path(c, xy, 2, ink, width, dash);
}

void
canvas_path(struct canvas *c, const double *xy, size_t n, enum ink ink,
    double width, double dash)
{
	if (n > 1)
		c->ops->path(c, xy, n, ink, width, dash);
}

void
canvas_area(
    struct canvas *c, const double *xy, size_t n, enum ink ink, double opacity)
{
	if (n > 2)
		c->ops->area(c, xy, n, ink, opacity);
}

void
canvas_dot(struct canvas *c, double x, double y, double r, enum ink ink,
    double opacity)
{
	c->ops->dot(c, x, y, r, ink, opacity);
}

void
canvas_ring(struct canvas *c, double x, double y, double r, enum ink ink)
{
	c->ops->ring(c, x, y, r, ink);
}

void
canvas_text(struct canvas *c, const struct canvas_text *t, const char *s)
{
	if (*s != '\0')
		c->ops->text(c, t, s);
}
