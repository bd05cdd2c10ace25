-- Does anybody want the run to stop?
SELECT cancel_requested, pause_requested FROM run WHERE run_id = :'run'::text;
