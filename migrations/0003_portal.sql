CREATE TABLE `portal_links` (
	`token_hash` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `sync_runs_open` ON `sync_runs` (`started_at`) WHERE status IN ('queued', 'running');