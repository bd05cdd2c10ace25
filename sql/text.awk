# Embed whole files of SQL, as they stand, for lib/migrate.h.
#	awk -f text.awk FILES		a table for each folder: sql_schema, sql_rules; roles.sql is sql_roles
function close_file() {
	if (open) print "\t},"
	open = 0
}
function close_table() {
	close_file()
	if (table != "") print "\t{ 0 }\n};"
}
BEGIN {
	print "/* Made by sql/text.awk; do not edit. */\n#include \"config.h\"\n\n#include \"lib/migrate.h\""
}
FNR == 1 {
	n = split(FILENAME, part, "/")
	name = part[n]; sub(/\.sql$/, "", name)
	folder = name == "roles" ? "roles" : part[n - 1]
	if (folder != table) {
		close_table()
		table = folder
		printf "\nconst struct sql_file sql_%s[] = {\n", table
	}
	close_file()
	open = 1
	printf "\t{ \"%s\",\n", name
}
{
	line = $0
	gsub(/\\/, "&&", line); gsub(/"/, "\\\"", line);
	printf "\t\t\"%s\\n\"\n", line
}
END {
	close_table()
}
