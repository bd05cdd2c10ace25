# The main job on real data: German credit, 1,000 applications, from Debian's
# weka package (its example files alone; nothing of it is installed).

# example NAME: print the path of weka's NAME.arff, fetching it once.
example() {
	local cache=$dir/cache
	local at=$cache/usr/share/doc/weka/examples
	if [ ! -f "$at/$1" ]; then
		mkdir -p "$cache"
		(cd "$cache" && apt-get download weka && dpkg -x weka_*.deb . &&
			rm -f weka_*.deb && rm -rf usr/share/java) \
			>"$dir/log/example.log" 2>&1 ||
			die "fetching the example data failed; the log is $dir/log/example.log"
		[ ! -f "$at/$1.gz" ] || gunzip -k "$at/$1.gz"
	fi
	[ -f "$at/$1" ] || die "Debian's weka package has no $1"
	echo "$at/$1"
}

# ctl ARG...: mwctl as the operator of this stack, with settings of its own.
ctl() {
	[ -f "$dir/access.json" ] || die "there is no stack in $dir; to start one: $again up"
	[ -r "$dir/access.json" ] || die "the stack in $dir is another user's"
	(umask 077 && mkdir -p "$dir/mwctl")
	export XDG_CONFIG_HOME=$dir/mwctl
	# Access tokens are short-lived; the password is at hand here.
	"$dir/inst/bin/mwctl" whoami >/dev/null 2>&1 ||
		jq -r .users.operator.password "$dir/access.json" |
		"$dir/inst/bin/mwctl" login --url "$(jq -r .base_url "$dir/access.json")" \
			--ca "$dir/ca.pem" --user operator --password-stdin >/dev/null ||
		die "cannot log in to $(jq -r .base_url "$dir/access.json")"
	"$dir/inst/bin/mwctl" "$@"
}

demo() {
	local data run_id report
	data=$(example credit-g.arff) || exit 1
	say "German credit: 1,000 applications, 20 fields, the target is 'class'"
	ctl datasets show credit-g >/dev/null 2>&1 ||
		ctl datasets add "$data" --name credit-g || exit 1
	say "starting a run: profile, prepare, train, challenge, evaluate, document"
	trap 'echo; say "the stack stays up; $again stop ends it"; exit 130' INT
	run_id=$(ctl --json runs start --template binary_classification \
		--dataset credit-g --target class --positive bad \
		--protected personal_status --seed 1 | jq -r .run_id)
	case $run_id in run_*) ;; *) die "the run did not start" ;; esac
	ctl runs watch "$run_id" || die "the run did not succeed: mwctl runs show $run_id"
	trap - INT
	report=$dir/credit-g-report.pdf
	ctl runs get "$run_id" report.pdf --output "$report" || exit 1
	echo
	say "the model on 200 applications that no search saw"
	ctl runs metrics "$run_id"
	admin serve "$run_id" --as credit >>"$dir/log/setup.log" 2>&1 ||
		die "serving the model failed; the log is $dir/log/setup.log"
	echo
	say "one prediction: POST /api/v1/inference/credit?explain=true"
	ctl predict credit --explain "$(printf %s '{"checking_status":"<0",
		"duration":48,"credit_history":"critical/other existing credit",
		"purpose":"new car","credit_amount":9500,"savings_status":"<100",
		"employment":"<1","installment_commitment":4,"other_parties":"none",
		"residence_since":2,"property_magnitude":"no known property",
		"age":24,"other_payment_plans":"none","housing":"for free",
		"existing_credits":1,"job":"skilled","num_dependents":1,
		"own_telephone":"none","foreign_worker":"yes"}')"
	echo
	say "the report: $report"
	echo "   log in:   https://localhost:$port (CA $dir/ca.pem)"
	jq -r '.users.operator | "   user:     \(.username)\n   password: \(.password)"' \
		"$dir/access.json"
	echo "   go on:    $again mwctl runs list"
	echo "   stop:     $again stop"
}
