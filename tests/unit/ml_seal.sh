#!/bin/sh
# The sealed rows are in reach of two files, and of nobody else.
cd "${srcdir:-.}" || exit 99
got=$(grep -rl --include='*.[ch]' 'ml/seal\.h"' lib fcgi workers cli | sort | tr '\n' ' ')
if [ "$got" = "lib/ml/evaluate.c lib/ml/split.c " ]; then
	echo "ok 1 - only evaluate.c and split.c can see the sealed rows"
else
	echo "not ok 1 - these can see the sealed rows: $got"
fi
echo 1..1
