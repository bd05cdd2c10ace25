# A stack: its directory, its configuration, its processes.
#
# $dir/etc configuration, $dir/data data sets and artifacts, $dir/pg the
# database, $dir/log, $dir/inst the programs, $run sockets and pid files.

services='postgres pgbouncer api pipelined streamd nginx'
pgbin=/usr/lib/postgresql/15/bin

# Sockets need short paths (108 bytes): a long directory gets a short one.
run_dir() {
	run=$dir/run
	[ ${#run} -gt 70 ] || return 0
	run=/tmp
	[ "$me" != root ] || run=/run # where nobody else makes names
	run=$run/modelwright-$(printf %s "$dir" | cksum | cut -d' ' -f1)
	[ ! -e "$run" ] || [ "$me" = root ] || [ -O "$run" ] ||
		die "$run belongs to somebody else; set MODELWRIGHT_DIR to a shorter path"
}

# Make $dir so that the service user can enter it.
dir_make() {
	case $dir in
	*[[:space:]\'\"\\\|\&\;\#\$\{\}]*)
		die "MODELWRIGHT_DIR may not hold blanks, quotes or any of \\|&;#\${}: $dir" ;;
	esac
	if [ "$me" = root ] && [ ! -e "$dir" ]; then
		mkdir -p "$(dirname "$dir")" || die "cannot make $dir"
		if ! as_user test -x "$(dirname "$dir")"; then
			local real
			real=/var/lib/modelwright-stacks/$(printf %s "$dir" | cksum | cut -d' ' -f1)
			mkdir -p "$real" && ln -s "$real" "$dir" ||
				die "cannot make $dir"
			say "$service_user cannot enter $(dirname "$dir"): the stack lives in $real"
			dir=$real
		fi
	fi
	mkdir -p "$dir" 2>/dev/null || die "cannot make $dir"
	as_user test -x "$dir" 2>/dev/null || die "$service_user cannot enter $dir; set MODELWRIGHT_DIR to a directory that it can"
	run_dir
	mkdir -p "$dir"/{etc,log,inst,data,cache,tmp} "$run" "$run/pool" ||
		die "cannot write in $dir"
	if [ "$me" = root ]; then
		chown "$service_user:" "$dir"/{etc,log,data,tmp} "$run" "$run/pool"
	fi
	chmod 700 "$run" "$run/pool"
	chmod 750 "$dir/data"
}

# pid_of NAME: the keeper's pid, if that very process still runs.
pid_of() {
	local pid start
	read -r pid start 2>/dev/null <"$run/$1.pid" || return 1
	[ "$(start_of "$pid")" = "$start" ] && echo "$pid"
}

start_of() {
	# Field 22 of /proc/PID/stat: a pid that was used again has another.
	[ -r "/proc/$1/stat" ] && sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20
}

# service_start NAME SIGNAL COMMAND...
service_start() {
	local name=$1 signal=$2 n
	shift 2
	pid_of "$name" >/dev/null && return
	as_user setsid env MODELWRIGHT_CONF="$dir/etc/modelwright.conf" \
		PATH="$dir/inst/sbin:/usr/sbin:/usr/bin:/sbin:/bin" TMPDIR="$dir/tmp" \
		/bin/sh "$dir/inst/keep.sh" "$signal" "$run/$name.pid" \
		"$dir/log/$name.log" "$@" 7>&- </dev/null >/dev/null 2>&1 &
	disown $!
	started="$name $started"
	n=50
	until pid_of "$name" >/dev/null || [ $((n--)) -eq 0 ]; do sleep 0.1; done
}

# wait_for NAME SECONDS COMMAND...: until the command succeeds.
wait_for() {
	local name=$1 n=$(($2 * 10))
	shift 2
	until "$@" >/dev/null 2>&1; do
		[ $((n--)) -gt 0 ] && pid_of "$name" >/dev/null || {
			tail -n 5 "$dir/log/$name.log" >&2
			die "$name does not answer; its log is $dir/log/$name.log"
		}
		sleep 0.1
	done
}

# fill FILE OUT: put this stack's paths into a template.
fill() {
	sed -e "s|@DIR@|$dir|g" -e "s|@RUN_DIR@|$run|g" \
		-e "s|@DATA_DIR@|$dir/data|g" -e "s|@PORT@|$port|g" \
		-e "s|@SHARE_DIR@|$dir/inst/share|g" -e "s|@LOG_DIR@|$dir/log|g" \
		-e "s|@CERT@|$dir/etc/tls/server.pem|g" \
		-e "s|@KEY@|$dir/etc/tls/server.key|g" \
		-e "s|@USER@|$(as_user id -un)|g" "$1" >"$2"
}

tls_make() {
	local tls=$dir/etc/tls
	[ -f "$tls/server.pem" ] && return
	as_user mkdir -p "$tls"
	as_user sh -ec '
		cd "$1"; umask 077
		openssl ecparam -name prime256v1 -genkey -noout -out ca.key
		openssl req -x509 -new -key ca.key -sha256 -days 3650 \
			-subj "/CN=Modelwright private CA" -out ca.pem \
			-addext basicConstraints=critical,CA:TRUE \
			-addext keyUsage=critical,keyCertSign,cRLSign
		openssl ecparam -name prime256v1 -genkey -noout -out server.key
		openssl req -new -key server.key -subj "/CN=localhost" -out server.csr
		printf "%s\n" "subjectAltName=DNS:localhost,IP:127.0.0.1" \
			"basicConstraints=CA:FALSE" "extendedKeyUsage=serverAuth" >ext
		openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key \
			-CAcreateserial -days 825 -sha256 -extfile ext -out server.tmp
		mv server.tmp server.pem
	' sh "$tls" >"$dir/log/tls.log" 2>&1 ||
		die "making the certificates failed; the log is $dir/log/tls.log"
	cp "$tls/ca.pem" "$dir/ca.pem"
	chmod 644 "$dir/ca.pem"
}

conf_make() {
	local user
	user=$(as_user id -un)
	as_user tee "$dir/etc/modelwright.conf" >/dev/null <<-EOF
	# Made by quickstart; see modelwright.conf(5).
	database = host=$run dbname=modelwright user=modelwright_worker
	database_pool = host=$run/pool port=6432 dbname=modelwright user=modelwright_api
	base_url = https://localhost:$port
	share_dir = $dir/inst/share
	libexec_dir = $dir/inst/libexec
	data_dir = $dir/data
	run_dir = $run
	keys_dir = $dir/etc/keys
	EOF
	[ ! -f "$dir/extra.conf" ] ||
		as_user tee -a "$dir/etc/modelwright.conf" <"$dir/extra.conf" >/dev/null
	as_user tee "$dir/etc/pgbouncer.ini" >/dev/null <<-EOF
	; Made by quickstart.  Whoever may open the socket is let in: it stands in
	; a directory of mode 0700, and every connection is modelwright_api.
	[databases]
	modelwright = host=$run dbname=modelwright user=modelwright_api
	[pgbouncer]
	listen_addr =
	unix_socket_dir = $run/pool
	listen_port = 6432
	auth_type = any
	pool_mode = transaction
	server_login_retry = 1
	max_client_conn = 256
	default_pool_size = 8
	ignore_startup_parameters = extra_float_digits
	logfile =
	EOF
	as_user mkdir -p "$dir/etc/keys"
	as_user chmod 700 "$dir/etc/keys"
	fill "$root/nginx/modelwright.conf.in" "$dir/etc/nginx.conf"
}

postgres_make() {
	[ -f "$dir/pg/PG_VERSION" ] && return
	say "making a private PostgreSQL cluster"
	mkdir -p "$dir/pg"
	[ "$me" != root ] || chown "$service_user:" "$dir/pg"
	chmod 700 "$dir/pg"
	as_user "$pgbin/initdb" -D "$dir/pg" -U postgres --encoding=UTF8 \
		--locale=C.UTF-8 --auth=peer --no-instructions \
		>"$dir/log/initdb.log" 2>&1 ||
		die "initdb failed; the log is $dir/log/initdb.log"
	as_user tee -a "$dir/pg/postgresql.conf" >/dev/null <<-EOF
	listen_addresses = ''
	unix_socket_directories = '$run'
	unix_socket_permissions = 0700
	max_connections = 60
	shared_buffers = 128MB
	timezone = 'UTC'
	log_timezone = 'UTC'
	autovacuum_naptime = 10s
	EOF
	echo 'local all all peer map=stack' |
		as_user tee "$dir/pg/pg_hba.conf" >/dev/null
	local role
	for role in postgres modelwright_owner modelwright_api modelwright_worker \
		modelwright_reader; do
		echo "stack $(as_user id -un) $role"
	done | as_user tee "$dir/pg/pg_ident.conf" >/dev/null
}

sql() {
	as_user psql -X -q -v ON_ERROR_STOP=1 -h "$run" -U postgres "$@"
}

database_make() {
	[ "$(sql -d postgres -Atc "select 1 from pg_database where datname = 'modelwright'")" = 1 ] &&
		return
	sql -d postgres >"$dir/log/database.log" 2>&1 <<-EOF || die "making the database failed; the log is $dir/log/database.log"
	DO \$\$ BEGIN
		IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'modelwright_owner') THEN
			CREATE ROLE modelwright_owner LOGIN CREATEROLE;
		END IF;
	END \$\$;
	CREATE DATABASE modelwright OWNER modelwright_owner;
	EOF
}

install_programs() {
	# A running stack keeps the programs that it was started with.
	local new=$dir/inst.new
	rm -rf "$new"
	mkdir -p "$new"
	make -s -C "$built" install DESTDIR="$new" prefix=/i >"$dir/log/install.log" 2>&1 ||
		die "installing into $dir failed; the log is $dir/log/install.log"
	mkdir -p "$new/out/share"
	mkdir -p "$new/i/bin"
	mv "$new/i/bin" "$new/i/sbin" "$new/out/"
	mv "$new/i/libexec/modelwright" "$new/out/libexec"
	cp -r "$new/i/share/modelwright/." "$new/out/share/"
	cp "$root/quickstart.d/keep.sh" "$new/out/"
	rm -rf "$dir/inst"
	mv "$new/out" "$dir/inst"
	rm -rf "$new"
}

admin() {
	as_user env MODELWRIGHT_CONF="$dir/etc/modelwright.conf" \
		"$dir/inst/sbin/modelwright-admin" "$@"
}

access_make() {
	[ -f "$dir/access.json" ] && return
	local users='{}' name role password
	while read -r name role; do
		password=$(openssl rand -base64 18 | tr -d '+/=')
		printf '%s\n' "$password" |
			admin user add "$name" --role "$role" --password-stdin \
				>>"$dir/log/setup.log" 2>&1 ||
			die "adding the user $name failed; the log is $dir/log/setup.log"
		users=$(jq -c --arg k "$name" --arg p "$password" \
			'.[$k] = {username: $k, password: $p}' <<<"$users")
	done <<-EOF
	viewer viewer
	operator operator
	operator2 operator
	admin admin
	EOF
	(umask 077 && jq -n --arg url "https://localhost:$port" \
		--arg ca "$dir/ca.pem" --argjson users "$users" \
		'{base_url: $url, ca_file: $ca, users: $users}' \
		>"$dir/access.json.new") || die "cannot write $dir/access.json"
	mv "$dir/access.json.new" "$dir/access.json"
}

stack_up() {
	packages_need "$build_packages $run_packages"
	user_need
	dir_make
	exec 7>"$run/up.lock"
	flock -n 7 || die "another quickstart is at work on $dir"
	if [ "$(stack_running)" = all ]; then
		# It stays where it is, whatever MODELWRIGHT_PORT says now.
		port=$(jq -r .base_url "$dir/access.json" | sed 's/.*://')
		exec 7>&-
		return 0
	fi
	if ! pid_of nginx >/dev/null && (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
		die "port $port is taken; set MODELWRIGHT_PORT to another"
	fi
	started=
	trap 'exit 130' INT TERM
	trap 'say "ending what was started" >&2; stack_end $started' EXIT
	[ -n "${built:-}" ] || { say "building"; build main; }
	[ -n "$(stack_running)" ] || install_programs
	tls_make
	conf_make
	postgres_make
	say "starting the stack in $dir"
	service_start postgres INT "$pgbin/postgres" -D "$dir/pg"
	wait_for postgres 60 sql -d postgres -c 'select 1'
	database_make
	admin migrate >"$dir/log/migrate.log" 2>&1 ||
		die "migrating failed; the log is $dir/log/migrate.log"
	admin keys init >"$dir/log/setup.log" 2>&1 ||
		die "making the signing key failed; the log is $dir/log/setup.log"
	# An address that changed since the last start (another port) is told.
	access_make
	jq --arg url "https://localhost:$port" '.base_url = $url' \
		"$dir/access.json" >"$dir/access.json.new" &&
		chmod 600 "$dir/access.json.new" &&
		mv "$dir/access.json.new" "$dir/access.json"
	service_start pgbouncer INT /usr/sbin/pgbouncer "$dir/etc/pgbouncer.ini"
	service_start api TERM "$dir/inst/sbin/modelwright-api"
	service_start pipelined TERM "$dir/inst/sbin/modelwright-pipelined"
	service_start streamd TERM "$dir/inst/sbin/modelwright-streamd"
	service_start nginx QUIT /usr/sbin/nginx -c "$dir/etc/nginx.conf" \
		-e "$dir/log/nginx.log"
	wait_for nginx 30 curl -fsS --cacert "$dir/ca.pem" \
		"https://localhost:$port/livez"
	trap - INT TERM EXIT
	exec 7>&-
}

stack_say() {
	say "https://localhost:$port is up; users and passwords are in $dir/access.json, the CA in $dir/ca.pem"
}

# "all", "some" or nothing.
stack_running() {
	local s n=0 all=0
	for s in $services; do
		all=$((all + 1))
		pid_of "$s" >/dev/null && n=$((n + 1))
	done
	[ $n -eq 0 ] || { [ $n -eq $all ] && echo all || echo some; }
}

stack_status() {
	run_dir
	[ -d "$run" ] || { echo "there is no stack in $dir"; return 3; }
	[ -x "$run" ] || die "the stack in $dir is another user's"
	local s pid rc=0
	for s in $services; do
		if pid=$(pid_of "$s"); then
			printf '%-10s up    pid %-8s log %s\n' "$s" "$pid" "$dir/log/$s.log"
		else
			printf '%-10s down  %-12s log %s\n' "$s" '' "$dir/log/$s.log"
			rc=3
		fi
	done
	[ ! -f "$dir/access.json" ] ||
		echo "$(jq -r .base_url "$dir/access.json")  users and passwords: $dir/access.json"
	return $rc
}

# stack_end SERVICE...: what does not end in 20 seconds is killed.
stack_end() {
	local s pid n
	for s; do
		pid=$(pid_of "$s") || { rm -f "$run/$s.pid"; continue; }
		kill -TERM "$pid" 2>/dev/null
		n=200
		while [ "$(start_of "$pid")" ] && pid_of "$s" >/dev/null; do
			[ $((n--)) -gt 0 ] || {
				pkill -KILL -P "$pid"
				kill -KILL "$pid" 2>/dev/null
			}
			sleep 0.1
		done
		rm -f "$run/$s.pid"
	done
}

stack_stop() {
	run_dir
	[ -d "$run" ] || { echo "there is no stack in $dir"; return 0; }
	[ -x "$run" ] || die "the stack in $dir is another user's"
	[ -n "$(stack_running)" ] || { echo "nothing runs in $dir"; return 0; }
	stack_end $(printf '%s\n' $services | tac)
	echo "stopped"
}
