-- Take up the run of a claimed job: its row.
SELECT run_begin(:'job'::bigint, :'token'::bigint) AS run;
