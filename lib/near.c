#include "config.h"

#include <string.h>

#include "lib/near.h"

int
near_distance(const char *a, const char *b)
{
	enum { MAX = 40 };
	int d[3][MAX + 1], n = (int)strlen(a), m = (int)strlen(b);

	if (n > MAX || m > MAX)
		return MAX;
	for (int j = 0; j <= m; j++)
		d[0][j] = j;
	for (int i = 1; i <= n; i++) {
		int *two = d[(i + 1) % 3], *one = d[(i - 1) % 3],
		    *now = d[i % 3];
		now[0] = i;
		for (int j = 1; j <= m; j++) {
			int best = one[j - 1] + (a[i - 1] != b[j - 1]);
			if (one[j] + 1 < best)
				best = one[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && two[j - 2] + 1 < best)
				best = two[j - 2] + 1;
			now[j] = best;
		}
	}
	return d[n % 3][m];
}

int
near_enough(const char *a, const char *b)
{
	int d = near_distance(a, b);

	return d <= 2 && d < (int)strlen(b);
}
