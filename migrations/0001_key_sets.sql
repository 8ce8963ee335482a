CREATE TABLE `key_sets` (
	`name` text PRIMARY KEY NOT NULL,
	`body` text,
	`fetched_at` integer,
	`attempted_at` integer NOT NULL
);
