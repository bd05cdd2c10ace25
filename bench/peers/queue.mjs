// What others do with the same jobs: node queue.mjs MEASURE CONNECTION ...
// prints one JSON object.  Run by bench/jobs.py with its node_modules.
//	graphile CONN JOBS CONCURRENCY BATCH	BATCH 0: as it comes
//	graphile-latency CONN JOBS
//	pgboss CONN JOBS LOOPS			fetch one, complete one
//	dbos CONN WORKFLOWS STEPS AT_ONCE
const [measure, conn, ...args] = process.argv.slice(2);
const [a, b, c] = args.map(Number);
const now = () => Number(process.hrtime.bigint()) / 1e6;
const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
const quantile = (x, q) => x.sort((m, n) => m - n)[Math.min(x.length - 1, Math.floor(x.length * q))];
const rate = (n, ms) => ({ count: n, seconds: ms / 1e3, per_s: n / ms * 1e3 });
const spread = (x) => ({ count: x.length, p50_ms: quantile(x, 0.5), p99_ms: quantile(x, 0.99), max_ms: quantile(x, 1) });
let out;

if (measure.startsWith("graphile")) {
	const { run, makeWorkerUtils, Logger } = await import("graphile-worker");
	const logger = new Logger(() => () => {});
	const utils = await makeWorkerUtils({ connectionString: conn, logger });
	await utils.migrate();
	if (measure === "graphile") {
		for (let i = 0; i < a; i += 1000)
			await utils.addJobs(Array.from({ length: Math.min(1000, a - i) }, () => ({ identifier: "empty", payload: {} })));
		let n = 0, end, all = new Promise((r) => { end = r; });
		const t0 = now();
		const runner = await run({
			connectionString: conn, logger, noHandleSignals: true, pollInterval: 200,
			concurrency: b, maxPoolSize: b + 4,
			preset: c ? { worker: { localQueue: { size: c }, completeJobBatchDelay: 0, failJobBatchDelay: 0 } } : {},
			taskList: { empty: () => { if (++n === a) end(); } },
		});
		await all;
		// Finished means gone from the table, as in the others.
		await runner.stop();
		out = rate(a, now() - t0);
	} else {
		const sent = [], took = [];
		const runner = await run({
			connectionString: conn, logger, noHandleSignals: true, concurrency: 1,
			taskList: { empty: (p) => { took.push(now() - sent[p.i]); } },
		});
		await sleep(500);
		for (let i = 0; i < a; i++) {
			sent[i] = now();
			await utils.addJob("empty", { i });
			// The next one once this has started: no queue builds up.
			while (took.length <= i) await sleep(1);
			await sleep(2 + Math.random() * 3);
		}
		await runner.stop();
		out = spread(took);
	}
	await utils.release();
} else if (measure === "pgboss") {
	const { PgBoss } = await import("pg-boss");
	const boss = new PgBoss({ connectionString: conn, max: 16, supervise: false, schedule: false });
	boss.on("error", (e) => { console.error(e); });
	await boss.start();
	await boss.createQueue("empty");
	for (let i = 0; i < a; i += 1000)
		await boss.insert("empty", Array.from({ length: Math.min(1000, a - i) }, () => ({ data: {} })));
	let n = 0;
	const t0 = now();
	await Promise.all(Array.from({ length: b }, async () => {
		for (;;) {
			const jobs = await boss.fetch("empty");
			if (!jobs || jobs.length === 0) return;
			await boss.complete("empty", jobs[0].id);
			n++;
		}
	}));
	out = rate(n, now() - t0);
	await boss.stop({ graceful: false });
} else if (measure === "dbos") {
	const { DBOS } = await import("@dbos-inc/dbos-sdk");
	DBOS.setConfig({ name: "bench", systemDatabaseUrl: conn, logLevel: "error", runAdminServer: false });
	const flow = DBOS.registerWorkflow(async () => {
		for (let i = 0; i < b; i++)
			await DBOS.runStep(async () => ({ ok: true }), { name: `step ${i}` });
	}, { name: "flow" });
	await DBOS.launch();
	await flow();
	let left = a;
	const t0 = now();
	await Promise.all(Array.from({ length: c }, async () => {
		while (left-- > 0) await flow();
	}));
	out = rate(a * b, now() - t0);
	await DBOS.shutdown();
}
console.log(JSON.stringify(out));
process.exit(0);
