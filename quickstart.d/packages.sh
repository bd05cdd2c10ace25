# What the machine needs: Debian packages, a build, and a user to run as.

build_packages='gcc make autoconf automake pkg-config libfcgi-dev libjansson-dev
libpq-dev libjwt-dev libssl-dev libcurl4-openssl-dev libxgboost-dev
libwebsockets-dev libyaml-dev libarchive-dev libcairo2-dev libpango1.0-dev
libsystemd-dev libcrypt-dev libevent-dev liblinear-dev liblapacke-dev
libopenblas-dev'
run_packages='postgresql-15 pgbouncer nginx-light openssl curl jq
fonts-dejavu-core ca-certificates procps'
test_packages='git clang clang-format libclang-rt-14-dev postgresql-15-pgtap
libtap-parser-sourcehandler-pgtap-perl python3-pytest python3-requests
python3-psycopg2 python3-websocket python3-jsonschema python3-sklearn
poppler-utils man-db'

# The unprivileged account that runs the services when root calls us.
service_user=modelwright

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

say() {
	printf '\033[1m==>\033[0m %s\n' "$*"
}

# packages_need LIST: install what is missing, or say how.
packages_need() {
	local missing=() p
	for p in $1; do
		[ "$(dpkg-query -Wf '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] ||
			missing+=("$p")
	done
	[ ${#missing[@]} -eq 0 ] && return
	[ "$me" = root ] ||
		die "these packages are missing; as root: apt-get install ${missing[*]}"
	say "installing ${#missing[@]} Debian packages"
	mkdir -p "$root/build"
	local log=$root/build/apt.log
	# Debian's postgresql-common would make a cluster of its own, and nginx
	# would be started by its package: we start our own.
	if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
		mkdir -p /etc/postgresql-common
		echo 'create_main_cluster = false' \
			>/etc/postgresql-common/createcluster.conf
	fi
	{ apt-get update && DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
		apt-get install -y --no-install-recommends "${missing[@]}"; } \
		>"$log" 2>&1 || {
		tail -n 5 "$log" >&2
		die "installing packages failed; the log is $log"
	}
}

# The account exists, and what we run as it is run by `as_user`.
user_need() {
	[ "$me" = root ] || return 0
	id "$service_user" >/dev/null 2>&1 ||
		useradd --system --home-dir /nonexistent --no-create-home \
			--shell /usr/sbin/nologin "$service_user" ||
		die "cannot make the user $service_user"
}

as_user() {
	if [ "$me" = root ]; then
		setpriv --reuid="$service_user" --regid="$service_user" \
			--init-groups --reset-env -- \
			env ASAN_OPTIONS="${ASAN_OPTIONS:-}" "$@"
	else
		"$@"
	fi
}

# build NAME [CONFIGURE OPTION...]: compile into build/NAME; sets $built.
build() {
	built=$root/build/$1
	local log=$built.log jobs
	jobs=$(nproc)
	shift
	mkdir -p "$built"
	exec 8>"$root/build/lock"
	flock 8 || die "cannot lock $root/build"
	{
		{ [ -x "$root/configure" ] &&
			[ "$root/configure" -nt "$root/configure.ac" ]; } ||
			"$root/autogen.sh"
	} >"$log" 2>&1 && {
		[ -f "$built/Makefile" ] ||
			(cd "$built" && "$root/configure" "$@")
	} >>"$log" 2>&1 && {
		(cd "$built" && make -j"$jobs")
	} >>"$log" 2>&1 || {
		grep -E 'error|Error' "$log" | head -n 5 >&2
		die "the build failed; the log is $log"
	}
	exec 8>&-
}
