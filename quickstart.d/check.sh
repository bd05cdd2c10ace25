# Every test: unit and SQL tests, the real stack through its real front door,
# kill -9 under it, and the same again in a sanitized build.

passed=0 failed=0 failures=

# suite NAME COMMAND...: run, keep the log, count what its last lines say.
suite() {
	local name=$1 log=$logs/$1.log rc p f t0=$SECONDS
	shift
	"$@" >"$log" 2>&1
	rc=$?
	# pytest: "N passed, M failed"; automake: "# PASS: N"; ours: "N passed".
	p=$(grep -aoE '^# PASS: +[0-9]+|[0-9]+ passed' "$log" | tail -n 1 | grep -oE '[0-9]+')
	f=$(grep -aoE '^# (FAIL|ERROR|XPASS): +[0-9]+|[0-9]+ (failed|errors?)\b' "$log" |
		grep -oE '[0-9]+' | awk '{ n += $1 } END { print n + 0 }')
	[ $rc -eq 0 ] || [ "${f:-0}" -gt 0 ] || f=1
	passed=$((passed + ${p:-0}))
	failed=$((failed + ${f:-0}))
	printf '%-28s %5d passed %3d failed %5d s\n' "$name" "${p:-0}" "${f:-0}" $((SECONDS - t0))
	if [ "${f:-0}" -gt 0 ]; then
		failures="$failures $name"
		grep -aE '^(not ok|FAIL|ERROR|E  |FAILED)|: (FAIL|ERROR)|Sanitizer|runtime error' "$log" | head -n 20
		echo "--- the end of $log"
		tail -n 15 "$log"
	fi
}

lint() {
	git ls-files '*.c' '*.h' | xargs clang-format --dry-run -Werror &&
		echo "1 passed"
}

# The other compiler, whose warnings are others: nothing of it is run.
clang_build() {
	(build clang --enable-werror CC=clang) && echo "1 passed"
}

no_reports() {
	! grep -aE 'Sanitizer|runtime error:' "$@" && echo "1 passed"
}

check() {
	packages_need "$build_packages $run_packages $test_packages"
	user_need
	# A stack of its own, so that a demo beside it goes on undisturbed.
	[ -n "${MODELWRIGHT_DIR:-}" ] || dir=$root/var-check
	if [ -z "${MODELWRIGHT_PORT:-}" ]; then
		for port in $(seq 18443 18543); do
			(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
		done
	fi
	[ -n "${MODELWRIGHT_DIR:-}" ] || { stack_stop >/dev/null; rm -rf "$dir/"; rm -rf "$dir"; }
	say "building"
	build main --enable-werror
	stack_up
	trap 'stack_stop >/dev/null' EXIT
	export MODELWRIGHT_DIR=$dir MODELWRIGHT_PORT=$port
	MODELWRIGHT_EXAMPLES=$(dirname "$(example credit-g.arff)")
	export MODELWRIGHT_EXAMPLES
	logs=$dir/log/check
	mkdir -p "$logs"
	cd "$root" || exit 1
	local pytest="/usr/bin/python3 -m pytest -q -p no:cacheprovider"

	say "testing"
	suite format lint
	suite unit make -C "$built" check
	suite clang clang_build
	suite api $pytest tests/api
	suite cli $pytest tests/cli
	suite jobs $pytest tests/jobs
	suite abuse $pytest tests/abuse
	suite faults $pytest -s tests/faults
	stack_stop >/dev/null

	# The same programs with ASan and UBSan: a report ends the process, and
	# stands in a log that is looked through at the end.
	say "testing the sanitized build"
	export ASAN_OPTIONS=detect_leaks=0:abort_on_error=1
	build sanitized --enable-sanitize CFLAGS='-O1 -g'
	suite unit-sanitized make -C "$built" check
	dir=$dir/sanitized
	export MODELWRIGHT_DIR=$dir
	stack_up
	suite api-sanitized $pytest tests/api
	suite jobs-sanitized $pytest tests/jobs -k 'not slow and not memory' # ASan wants all addresses
	stack_stop >/dev/null
	suite sanitizer-reports no_reports "$dir"/log/*.log
	trap - EXIT
	echo
	[ -z "$failures" ] || echo "failed:$failures (logs in $logs)"
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ]
}
