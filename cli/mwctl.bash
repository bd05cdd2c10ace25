# bash completion for mwctl and modelwright-admin: their own tables, which
# --words prints, and the names that a server knows.

_modelwright_names() {
	# Runs, data sets and artifacts, as far as the last login lets us see.
	case $1 in
	runs) "$2" runs list --json --limit 50 ;;
	datasets) "$2" datasets list --json ;;
	artifacts) "$2" runs artifacts "$3" --json ;;
	esac 2>/dev/null | sed -n 's/^ *"\('"$4"'\)": "\(.*\)",\{0,1\}$/\2/p'
}

_modelwright() {
	local program=$1 cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	local lines first= second= word i options= words=
	COMPREPLY=()
	mapfile -t lines < <("$program" --words 2>/dev/null)
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		[[ $word == -* ]] && continue
		[[ -z $first ]] && { first=$word; continue; }
		[[ -z $second ]] && { second=$word; break; }
	done
	# A value after an option: a file, or a name that the server knows.
	case $prev in
	--ca | --config | -c | --output | -o | --file)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return ;;
	--dataset | -d)
		mapfile -t COMPREPLY < <(compgen -W "$(_modelwright_names datasets "$program" '' name)" -- "$cur")
		return ;;
	--template | -t)
		words='binary_classification multiclass_classification regression scorecard' ;;
	--role) words='viewer operator admin' ;;
	--state) words='queued running waiting_approval paused cancelling succeeded failed cancelled crashed' ;;
	--on-error) words='fail skip null' ;;
	--format) words='csv arff jsonl' ;;
	esac
	if [[ -n $words ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
		return
	fi
	local line name
	for line in "${lines[@]}"; do
		name=${line%%$'\t'*}
		if [[ $name == "$first" || $name == "$first $second" ]]; then
			options=${line#*$'\t'}
			options=${options//=/}
		fi
		if [[ -z $first || ( $COMP_CWORD -eq 1 ) ]]; then
			words+=" ${name%% *}"
		elif [[ $name == "$first "* && ( -z $second || $second == "$cur" ) ]]; then
			words+=" ${name#* }"
		fi
	done
	if [[ $cur == -* ]]; then
		words=${options//$'\t'/ }
	elif [[ -z $words ]]; then
		case "$first $second" in
		'runs get')
			if [[ $prev == run_* ]]; then
				words=$(_modelwright_names artifacts "$program" "$prev" name)
			else
				words=$(_modelwright_names runs "$program" '' run_id)
			fi ;;
		'runs start' | 'runs list') ;;
		'runs '*) words=$(_modelwright_names runs "$program" '' run_id) ;;
		'datasets show' | 'datasets profile')
			words=$(_modelwright_names datasets "$program" '' name) ;;
		'datasets add' | predict*)
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			return ;;
		esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -o filenames -o bashdefault -F _modelwright mwctl
complete -o filenames -o bashdefault -F _modelwright modelwright-admin
