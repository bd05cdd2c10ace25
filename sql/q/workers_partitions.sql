-- The months ahead have their partitions; how many had to be made.
SELECT partitions_ahead();
