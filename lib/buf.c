#include "config.h"

#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"

static int
room(struct buf *b, size_t n)
{
	size_t size = b->size ? b->size : 256;

	if (b->over || n > b->max || b->len > b->max - n) {
		b->over = 1;
		return 0;
	}
	while (size < b->len + n + 1)
		size *= 2;
	if (size != b->size) {
		if ((b->data = realloc(b->data, size)) == NULL)
			err(1, "buf");
		b->size = size;
	}
	return 1;
}

void
buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max };
	room(b, 0);
	b->data[0] = '\0';
}

void
buf_done(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ 0 };
}

void
buf_add(struct buf *b, const void *p, size_t n)
{
	if (!room(b, n))
		return;
	if (n > 0)
		memcpy(b->data + b->len, p, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void
buf_puts(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || !room(b, (size_t)n))
		return;
	va_start(ap, fmt);
	vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}
