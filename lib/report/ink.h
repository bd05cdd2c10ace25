/*
 * The colours of plots and pages, by what they are for.
 */
#ifndef REPORT_INK_H
#define REPORT_INK_H

enum ink {
	INK_TEXT,
	INK_SOFT, /* captions, axis labels */
	INK_GRID,
	INK_AXIS,
	INK_MUTED, /* baselines and guides */
	INK_PAPER,
	INK_SHADE, /* the background of tables' heads and of boxes */
	INK_HEAD,  /* headings */
	INK_GOOD,
	INK_WARN,
	INK_BAD,
	INK_DATA,
	INK__MAX = INK_DATA + 6
};

struct ink_row {
	const char *name; /* the class in SVG and the variable in CSS */
	unsigned light, dark;
};

/* Data: Okabe and Ito's palette, without yellow and black.  Text inks reach a
 * contrast of 4.5 on their paper. */
extern const struct ink_row ink_rows[INK__MAX];

#endif
