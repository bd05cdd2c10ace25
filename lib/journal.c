#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/err.h"
#include "lib/journal.h"

static const char none[] =
    "0000000000000000000000000000000000000000000000000000000000000000";

/* A text as PostgreSQL's JSON prints it, or null. */
static void
add_string(struct digest *d, const char *text)
{
	static const char plain[] = "\b\f\n\r\t\"\\", escaped[] = "bfnrt\"\\";
	char out[8];
	const char *at;

	if (text == NULL) {
		digest_add(d, "null", 4);
		return;
	}
	digest_add(d, "\"", 1);
	for (const char *p = text; *p != '\0';) {
		size_t n = 0;

		while (
		    (unsigned char)p[n] >= ' ' && p[n] != '"' && p[n] != '\\')
			n++;
		digest_add(d, p, n);
		p += n;
		if (*p == '\0')
			break;
		if ((at = strchr(plain, *p)) != NULL)
			snprintf(out, sizeof(out), "\\%c", escaped[at - plain]);
		else
			snprintf(
			    out, sizeof(out), "\\u%04x", (unsigned char)*p);
		digest_add(d, out, strlen(out));
		p++;
	}
	digest_add(d, "\"", 1);
}

static int
nibble(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	                              : -1;
}

/* 64 digits to 32 bytes; 0 when they are not. */
static int
bytes_of(const char *hex, unsigned char out[DIGEST_LEN])
{
	if (hex == NULL || strlen(hex) != 2 * DIGEST_LEN)
		return 0;
	for (int i = 0; i < DIGEST_LEN; i++) {
		int hi = nibble(hex[2 * i]), lo = nibble(hex[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return 0;
		out[i] = (unsigned char)(hi << 4 | lo);
	}
	return 1;
}

void
journal_seal(const struct journal_event *v, char hex[DIGEST_HEX])
{
	const char *const rest[] = { v->at, v->type, v->phase, v->agent,
		v->actor, v->request_id };
	unsigned char prev[DIGEST_LEN] = { 0 };
	struct digest *d = digest_new();

	bytes_of(v->prev_hash, prev);
	digest_add(d, prev, sizeof(prev));
	digest_add(d, "[", 1);
	add_string(d, v->run_id);
	digest_add(d, ", ", 2);
	digest_add(d, v->seq, strlen(v->seq));
	for (size_t i = 0; i < nitems(rest); i++) {
		digest_add(d, ", ", 2);
		add_string(d, rest[i]);
	}
	digest_add(d, ", ", 2);
	digest_add(d, v->payload, strlen(v->payload));
	digest_add(d, "]", 1);
	digest_end(d, hex);
}

int
journal_follow(
    struct journal_chain *c, const struct journal_event *v, struct err *e)
{
	unsigned char raw[DIGEST_LEN];
	char seal[DIGEST_HEX];
	long long seq;

	if (v->run_id == NULL || strlen(v->run_id) >= sizeof(c->run_id) ||
	    v->seq == NULL || v->payload == NULL ||
	    !bytes_of(v->prev_hash, raw) || !bytes_of(v->hash, raw))
		return err_set(e, ERR_MALFORMED,
		    "an event lacks its run, number, payload or hashes");
	seq = strtoll(v->seq, NULL, 10);
	if (strcmp(c->run_id, v->run_id) != 0) {
		*c = (struct journal_chain){ 0 };
		snprintf(c->run_id, sizeof(c->run_id), "%s", v->run_id);
		snprintf(c->hash, sizeof(c->hash), "%s", none);
	}
	if (seq != c->seq + 1)
		return err_set(e, ERR_INVALID,
		    "%s: event %lld is followed by %lld: some are missing",
		    v->run_id, c->seq, seq);
	if (strcmp(c->hash, v->prev_hash) != 0)
		return err_set(e, ERR_INVALID,
		    "%s: event %lld does not continue the one before it",
		    v->run_id, seq);
	journal_seal(v, seal);
	if (strcmp(seal, v->hash) != 0)
		return err_set(e, ERR_INVALID,
		    "%s: event %lld was changed: its hash is another",
		    v->run_id, seq);
	c->seq = seq;
	memcpy(c->hash, seal, sizeof(seal));
	return 0;
}

/*
 * Exports.  One event a line: an object whose members are strings without
 * anything unusual in them, a number, null, and the payload.  jansson would
 * print a number in the payload its own way, so the payload's bytes are found
 * by walking over them.
 */

static char *
skip_space(char *p)
{
	while (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')
		p++;
	return p;
}

/* Past a string that starts at p; NULL when it does not end. */
static char *
skip_string(char *p)
{
	for (p++; *p != '"'; p++) {
		if (*p == '\\' && p[1] != '\0')
			p++;
		else if (*p == '\0')
			return NULL;
	}
	return p + 1;
}

/* Past any value. */
static char *
skip_value(char *p)
{
	long depth = 0;

	for (; *p != '\0'; p++) {
		if (*p == '"') {
			if ((p = skip_string(p)) == NULL)
				return NULL;
			p--;
		} else if (*p == '{' || *p == '[')
			depth++;
		else if (*p == '}' || *p == ']' || *p == ',') {
			if (depth == 0)
				return p;
			if (*p != ',')
				depth--;
		} else
			continue;
		if (depth == 0 && *p != '"' && *p != ',')
			return p + 1;
	}
	return NULL;
}

/* UTF-8 of a code point; returns past it. */
static char *
put_utf8(char *out, unsigned long u)
{
	if (u < 0x80)
		*out++ = (char)u;
	else if (u < 0x800) {
		*out++ = (char)(0xc0 | u >> 6);
		*out++ = (char)(0x80 | (u & 0x3f));
	} else {
		*out++ = (char)(0xe0 | u >> 12);
		*out++ = (char)(0x80 | (u >> 6 & 0x3f));
		*out++ = (char)(0x80 | (u & 0x3f));
	}
	return out;
}

/* The text of a string of n bytes with its quotes, unescaped in place.
 * PostgreSQL escapes only what it must: control characters, quote and
 * backslash; surrogate pairs do not come up. */
static char *
unescape(char *s, size_t n)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	char *in = s + 1, *end = s + n - 1, *out = s, digits[5] = "";
	const char *at;

	while (in < end) {
		if (*in != '\\') {
			*out++ = *in++;
			continue;
		}
		if (in[1] == 'u' && end - in >= 6) {
			memcpy(digits, in + 2, 4);
			out = put_utf8(out, strtoul(digits, NULL, 16));
			in += 6;
			continue;
		}
		at = strchr(from, in[1]);
		*out++ = at != NULL && *at != '\0' ? to[at - from] : in[1];
		in += 2;
	}
	*out = '\0';
	return s;
}

static const char **
member(struct journal_event *v, const char *name)
{
	const struct {
		const char *name, **at;
	} members[] = { { "run_id", &v->run_id }, { "seq", &v->seq },
		{ "at", &v->at }, { "type", &v->type }, { "phase", &v->phase },
		{ "agent", &v->agent }, { "actor", &v->actor },
		{ "request_id", &v->request_id }, { "payload", &v->payload },
		{ "prev_hash", &v->prev_hash }, { "hash", &v->hash } };

	for (size_t i = 0; i < nitems(members); i++)
		if (strcmp(members[i].name, name) == 0)
			return members[i].at;
	return NULL;
}

int
journal_parse(char *line, struct journal_event *v, struct err *e)
{
	char *p = skip_space(line), *name, *value, *end, after;
	const char **at;

	*v = (struct journal_event){ 0 };
	if (*p != '{')
		return err_set(e, ERR_MALFORMED, "an event is no object");
	do {
		name = skip_space(p + 1);
		if (*name != '"' || (end = skip_string(name)) == NULL)
			return err_set(
			    e, ERR_MALFORMED, "a member has no name");
		p = skip_space(end);
		if (*p != ':')
			return err_set(
			    e, ERR_MALFORMED, "a member has no value");
		unescape(name, (size_t)(end - name));
		value = skip_space(p + 1);
		if ((end = skip_value(value)) == NULL || end == value)
			return err_set(e, ERR_MALFORMED,
			    "the value of '%.40s' does not end", name);
		p = skip_space(end);
		after = *p;
		if (after != ',' && after != '}')
			return err_set(e, ERR_MALFORMED,
			    "something follows the value of '%.40s'", name);
		if ((at = member(v, name)) == NULL)
			return err_set(e, ERR_MALFORMED,
			    "an event has no member '%.40s'", name);
		while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
			end--;
		if (at == &v->payload || *value != '"') {
			*end = '\0';
			*at = strcmp(value, "null") == 0 ? NULL : value;
		} else
			*at = unescape(value, (size_t)(end - value));
		/* The NUL may stand where the comma was; p is past it. */
	} while (after == ',');
	return 0;
}
