#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/banned.h"
#include "lib/report/number.h"

#define MINUS "\xe2\x88\x92"

/* Copy what printf made, with a true minus sign and, in front of the point,
 * commas between thousands. */
static void
dress(const char *s, char out[NUMBER_LEN])
{
	size_t n = 0;
	int negative = *s == '-';
	size_t whole;

	s += negative;
	whole = strspn(s, "0123456789");
	if (negative && strpbrk(s, "123456789") != NULL) {
		memcpy(out, MINUS, strlen(MINUS));
		n = strlen(MINUS);
	}
	for (size_t i = 0; s[i] != '\0' && n < NUMBER_LEN - 2; i++) {
		if (i > 0 && i < whole && (whole - i) % 3 == 0 && whole > 3)
			out[n++] = ',';
		out[n++] = s[i];
	}
	out[n] = '\0';
}

static void
none(char out[NUMBER_LEN])
{
	memcpy(out, NUMBER_NONE, sizeof(NUMBER_NONE));
}

void
number_fix(double x, int decimals, char out[NUMBER_LEN])
{
	char s[NUMBER_LEN];

	if (!isfinite(x)) {
		none(out);
		return;
	}
	if (fabs(x) >= 1e15)
		snprintf(s, sizeof(s), "%.3e", x);
	else
		snprintf(s, sizeof(s), "%.*f", decimals, x);
	dress(s, out);
}

void
number_sig(double x, int digits, char out[NUMBER_LEN])
{
	char s[NUMBER_LEN];
	int magnitude;

	if (!isfinite(x)) {
		none(out);
		return;
	}
	if (x == rint(x) && fabs(x) < 1e15) {
		number_fix(x, 0, out);
		return;
	}
	/* The magnitude after rounding: 9.9996 is 10.00 with four digits. */
	snprintf(s, sizeof(s), "%.*e", digits - 1, x);
	if (sscanf(strchr(s, 'e') + 1, "%d", &magnitude) != 1)
		magnitude = 0;
	if (magnitude < -4 || magnitude >= 15) {
		dress(s, out);
		return;
	}
	number_fix(x, magnitude >= digits ? 0 : digits - 1 - magnitude, out);
}

void
number_percent(double x, char out[NUMBER_LEN])
{
	char s[NUMBER_LEN];
	double p = 100 * x;

	if (!isfinite(x)) {
		none(out);
		return;
	}
	if (p == 0 || p == 100)
		snprintf(s, sizeof(s), "%.0f%%", p);
	else if (fabs(p) < 0.01)
		snprintf(s, sizeof(s), "< 0.01%%");
	else
		snprintf(s, sizeof(s), "%.*f%%", fabs(p) < 1 ? 2 : 1, p);
	dress(s, out);
}

void
number_bytes(double x, char out[NUMBER_LEN])
{
	static const char *const unit[] = { "B", "kB", "MB", "GB", "TB", "PB" };
	size_t u = 0;

	if (!isfinite(x) || x < 0) {
		none(out);
		return;
	}
	while (x >= 1000 && u < sizeof(unit) / sizeof(unit[0]) - 1) {
		x /= 1000;
		u++;
	}
	snprintf(out, NUMBER_LEN, "%.*f %s", u > 0 && x < 10, x, unit[u]);
}

void
number_seconds(double x, char out[NUMBER_LEN])
{
	if (!isfinite(x) || x < 0 || x > 1e12)
		none(out);
	else if (x < 0.9995)
		snprintf(out, NUMBER_LEN, "%.0f ms", x * 1000);
	else if (x < 59.95)
		snprintf(out, NUMBER_LEN, "%.1f s", x);
	else if (x < 3599.5)
		snprintf(out, NUMBER_LEN, "%lld min %lld s", llrint(x) / 60,
		    llrint(x) % 60);
	else
		snprintf(out, NUMBER_LEN, "%lld h %lld min",
		    llrint(x / 60) / 60, llrint(x / 60) % 60);
}

int
number_decimals(const double *x, size_t n, int digits)
{
	double top = 0;
	int decimals;

	for (size_t i = 0; i < n; i++)
		if (isfinite(x[i]) && fabs(x[i]) > top)
			top = fabs(x[i]);
	if (top == 0)
		return 0;
	decimals = digits - 1 - (int)floor(log10(top));
	return decimals < 0 ? 0 : decimals > 9 ? 9 : decimals;
}
