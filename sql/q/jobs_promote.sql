-- Due jobs become ready: how many, and seconds to the next one.
SELECT promoted, next_s FROM job_promote(1000);
