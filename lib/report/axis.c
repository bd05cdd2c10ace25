#include "config.h"

#include <math.h>
#include <string.h>

#include "lib/banned.h"
#include "lib/report/axis.h"
#include "lib/report/plot.h"

/* The step of 1, 2, 2.5 or 5 times a power of ten that is nearest above. */
static double
round_step(double wanted, int integer)
{
	static const double steps[] = { 1, 2, 2.5, 5, 10 };
	double unit = pow(10, floor(log10(wanted)));

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		double step = steps[i] * unit;

		if (step < wanted * 0.999)
			continue;
		if (integer && step != rint(step))
			continue;
		return step;
	}
	return integer && wanted < 1 ? 1 : 10 * unit;
}

static void
decades(struct axis *a)
{
	double first = ceil(log10(a->low) - 1e-9), last = floor(log10(a->high));
	double every = ceil((last - first + 1) / 6);

	for (double e = first; e <= last && a->nticks < 8; e += every)
		a->ticks[a->nticks++] = pow(10, e);
	a->step = a->low;
}

static double
bounded(double x)
{
	/* Differences of what stays within this are finite. */
	return x > 1e150 ? 1e150 : x < -1e150 ? -1e150 : x;
}

void
axis_init(struct axis *a, const struct plot_axis *want, double low, double high,
    int ticks, int round)
{
	double step, first, last;

	*a = (struct axis){ .log = want->log, .rows = want->ncategories };
	if (want->low < want->high) {
		low = want->low;
		high = want->high;
		round = 0;
	}
	if (!isfinite(low) || !isfinite(high) || low > high) {
		low = 0;
		high = 1;
	}
	low = bounded(low);
	high = bounded(high);
	if (want->zero && low > 0)
		low = 0;
	if (want->zero && high < 0)
		high = 0;
	if (a->log && low <= 0)
		a->log = 0;
	if (high - low <= 1e-12 * fmax(fabs(low), fabs(high))) {
		double room = low == 0 ? 0.5 : fabs(low) / 10;

		low -= a->log ? low / 2 : want->zero && low == 0 ? 0 : room;
		high += a->log ? high : 2 * room;
	}
	a->low = low;
	a->high = high;
	if (a->log && high / low >= 10) {
		decades(a);
		return;
	}
	a->step = step = round_step((high - low) / ticks, want->integer);
	first = round ? floor(low / step + 1e-9) : ceil(low / step - 1e-9);
	last = round ? ceil(high / step - 1e-9) : floor(high / step + 1e-9);
	if (round) {
		a->low = first * step;
		a->high = last * step;
	}
	for (double i = first; i <= last && a->nticks < AXIS_TICKS_MAX; i++)
		a->ticks[a->nticks++] = i * step;
}

double
axis_at(const struct axis *a, double v)
{
	double t;

	if (!(v > a->low))
		return a->from;
	if (v >= a->high)
		return a->to;
	t = a->log ? log(v / a->low) / log(a->high / a->low)
	           : (v - a->low) / (a->high - a->low);
	return a->from + t * (a->to - a->from);
}

double
axis_row(const struct axis *a, size_t row)
{
	return a->from +
	       ((double)row + 0.5) * (a->to - a->from) / (double)a->rows;
}

double
axis_row_width(const struct axis *a)
{
	return fabs(a->to - a->from) / (double)a->rows;
}

void
axis_label(const struct axis *a, double v, char out[NUMBER_LEN])
{
	static const struct {
		double unit;
		const char *suffix;
	} units[] = { { 1e12, "T" }, { 1e9, "G" }, { 1e6, "M" }, { 1e3, "k" } };
	double top = fmax(fabs(a->low), fabs(a->high)), step = a->step;
	const char *suffix = "";
	int decimals;

	if (a->log && a->nticks > 0 && v != 0 && (v < 1e-3 || v >= 1e4)) {
		snprintf(out, NUMBER_LEN, "%.0e", v);
		return;
	}
	if (a->log) {
		number_sig(v, 3, out);
		return;
	}
	if (top >= 1e15 || (top < 1e-4 && top > 0)) {
		number_sig(v, 3, out);
		return;
	}
	for (size_t i = 0; top >= 1e4 && i < 4; i++)
		if (top >= units[i].unit && step >= units[i].unit / 1000) {
			v /= units[i].unit;
			step /= units[i].unit;
			suffix = v == 0 ? "" : units[i].suffix;
			break;
		}
	decimals = (int)-floor(log10(step) + 1e-9);
	if (decimals < 0)
		decimals = 0;
	/* 2.5 times a power of ten has a digit more. */
	if (fabs(step * pow(10, decimals) - rint(step * pow(10, decimals))) >
	    1e-6)
		decimals++;
	number_fix(v, decimals, out);
	if (strlen(out) + strlen(suffix) < NUMBER_LEN)
		memcpy(out + strlen(out), suffix, strlen(suffix) + 1);
}
