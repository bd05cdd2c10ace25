#include <stdio.h>
static int tap_n, tap_bad;
#define ok(x, ...)                                                             \
	do {                                                                   \
		int ok_ = !!(x);                                               \
		tap_bad += !ok_;                                               \
		printf("%sok %d - ", ok_ ? "" : "not ", ++tap_n);              \
		printf(__VA_ARGS__);                                           \
		puts("");                                                      \
	} while (0)
#define done() (printf("1..%d\n", tap_n), tap_bad != 0)
