-- A run as serving it sees it: its state, its target, its scorer, its bundle.
SELECT r.state, r.target, s.sha256, m.sha256
FROM run r
LEFT JOIN artifact s ON s.run_id = r.run_id AND s.name = 'model/scorer.mws'
LEFT JOIN artifact m ON m.run_id = r.run_id AND m.name = 'model/MANIFEST'
WHERE r.run_id = :'run_id';
