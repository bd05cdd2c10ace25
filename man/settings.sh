#!/bin/sh
# Print the SETTINGS of modelwright.conf(5) from the table that the programs
# use: man/settings.sh path/to/modelwright-admin
"${1:?which modelwright-admin}" config explain -c /dev/null | awk '
BEGIN { print ".Bl -tag -width Ds" }
!/^\t/ {
	i = index($0, " = ")
	name = substr($0, 1, i - 1)
	value = substr($0, i + 3)
	# The pages tell of a packaged server, wherever this was built for.
	sub(/^\/usr\/local\/etc/, "/etc", value)
	sub(/^\/usr\/local/, "/usr", value)
	gsub(/-/, "\\-", value)
	print ".It Li " name
	next
}
{
	sub(/^\t/, "")
	print toupper(substr($0, 1, 1)) substr($0, 2) "."
	print "Default:"
	print ".Li \"" value "\" ."
}
END { print ".El" }'
