#include "config.h"

#include <err.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"

/* Under ASan every allocation is a chunk of its own, so that an overrun of one
 * is seen. */
#ifdef ARENA_MALLOC
#define CHUNK 0
#else
#define CHUNK (64 * 1024)
#endif

struct chunk {
	struct chunk *next;
	size_t used, size;
	_Alignas(max_align_t) unsigned char data[];
};

struct defer {
	struct defer *next;
	void (*fn)(void *);
	void *arg;
};

struct arena {
	struct chunk *chunks; /* newest first; the oldest is kept */
	struct defer *defers;
};

static struct chunk *
chunk_new(size_t size)
{
	struct chunk *c;

	if (size > SIZE_MAX - sizeof(*c) ||
	    (c = malloc(sizeof(*c) + size)) == NULL)
		err(1, "arena");
	*c = (struct chunk){ .size = size };
	return c;
}

struct arena *
arena_new(void)
{
	struct arena *a;

	if ((a = calloc(1, sizeof(*a))) == NULL)
		err(1, "arena");
	a->chunks = chunk_new(CHUNK);
	return a;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	const size_t align = _Alignof(max_align_t);
	struct chunk *c = a->chunks;
	void *p;

	if (n > SIZE_MAX - align)
		errx(1, "arena: absurd size");
	n = (n + align - 1) & ~(align - 1);
	if (c->size - c->used < n) {
		c = chunk_new(n > CHUNK ? n : CHUNK);
		c->next = a->chunks;
		a->chunks = c;
	}
	p = c->data + c->used;
	c->used += n;
	return memset(p, 0, n);
}

void
arena_defer(struct arena *a, void (*fn)(void *), void *arg)
{
	struct defer *d = arena_alloc(a, sizeof(*d));

	*d = (struct defer){ a->defers, fn, arg };
	a->defers = d;
}

void
arena_reset(struct arena *a)
{
	struct chunk *c;

	for (struct defer *d = a->defers; d != NULL; d = d->next)
		d->fn(d->arg);
	a->defers = NULL;
	while ((c = a->chunks)->next != NULL) {
		a->chunks = c->next;
		free(c);
	}
	c->used = 0;
}

void
arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	arena_reset(a);
	free(a->chunks);
	free(a);
}

char *
arena_strdup(struct arena *a, const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(arena_alloc(a, n), s, n);
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	s = arena_alloc(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return s;
}
