CREATE TABLE `activities` (
	`id` text PRIMARY KEY NOT NULL,
	`connection_id` text NOT NULL,
	`user_id` text NOT NULL,
	`provider` text NOT NULL,
	`source_activity_id` text NOT NULL,
	`provider_version` integer NOT NULL,
	`revision` integer NOT NULL,
	`content_hash` text NOT NULL,
	`start_time` integer NOT NULL,
	`end_time` integer NOT NULL,
	`entry` text,
	`document_key` text,
	`sources_key` text,
	`tcx_key` text,
	`gps_samples` integer DEFAULT 0 NOT NULL,
	`heart_rate_samples` integer DEFAULT 0 NOT NULL,
	`first_seen_at` integer NOT NULL,
	`settles_at` integer,
	`origin` text NOT NULL,
	`sequence` integer,
	`updated_at` integer NOT NULL,
	`deleted_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `activities_sequence` ON `activities` (`sequence`);--> statement-breakpoint
CREATE INDEX `activities_user_sequence` ON `activities` (`user_id`,`sequence`);--> statement-breakpoint
CREATE INDEX `activities_connection_start` ON `activities` (`connection_id`,`start_time`);--> statement-breakpoint
CREATE INDEX `activities_settling` ON `activities` (`settles_at`) WHERE sequence IS NULL;--> statement-breakpoint
CREATE TABLE `activity_aliases` (
	`connection_id` text NOT NULL,
	`provider` text NOT NULL,
	`source_activity_id` text NOT NULL,
	`activity_id` text NOT NULL,
	PRIMARY KEY(`connection_id`, `provider`, `source_activity_id`)
);
--> statement-breakpoint
CREATE TABLE `authorizations` (
	`state_hash` text PRIMARY KEY NOT NULL,
	`browser_hash` text NOT NULL,
	`code_verifier` text NOT NULL,
	`user_id` text NOT NULL,
	`display_name` text,
	`provider` text NOT NULL,
	`return_url` text,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `chores` (
	`name` text PRIMARY KEY NOT NULL,
	`cursor` text,
	`ran_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `connect_links` (
	`token_hash` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`display_name` text,
	`provider` text NOT NULL,
	`return_url` text,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `connections` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`provider` text NOT NULL,
	`provider_user_id` text NOT NULL,
	`display_name` text,
	`status` text NOT NULL,
	`message` text,
	`granted_scopes` text NOT NULL,
	`connected_at` integer NOT NULL,
	`live_since` integer NOT NULL,
	`disconnected_at` integer,
	`erased_at` integer,
	`last_notified_at` integer,
	`last_synced_at` integer,
	`rate_limit` integer,
	`rate_remaining` integer,
	`rate_resets_at` integer,
	`tokens` text,
	`tokens_version` integer DEFAULT 0 NOT NULL,
	`fence` integer DEFAULT 0 NOT NULL,
	`sweep_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `connections_user_account` ON `connections` (`user_id`,`provider`,`provider_user_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `connections_account_holder` ON `connections` (`provider`,`provider_user_id`) WHERE status <> 'disconnected';--> statement-breakpoint
CREATE UNIQUE INDEX `connections_user_provider` ON `connections` (`user_id`,`provider`) WHERE status <> 'disconnected';--> statement-breakpoint
CREATE INDEX `connections_sweep` ON `connections` (`status`,`sweep_at`);--> statement-breakpoint
CREATE TABLE `dead_letters` (
	`id` text PRIMARY KEY NOT NULL,
	`connection_id` text,
	`account` text,
	`kind` text NOT NULL,
	`body` text NOT NULL,
	`failed_at` integer NOT NULL,
	`attempts` integer NOT NULL,
	`error_code` text NOT NULL,
	`error_message` text NOT NULL,
	`replayed_at` integer
);
--> statement-breakpoint
CREATE INDEX `dead_letters_failed` ON `dead_letters` (`failed_at`);--> statement-breakpoint
CREATE TABLE `feed_counter` (
	`id` integer PRIMARY KEY NOT NULL,
	`value` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `sync_runs` (
	`id` text PRIMARY KEY NOT NULL,
	`connection_id` text NOT NULL,
	`user_id` text NOT NULL,
	`trigger` text NOT NULL,
	`status` text NOT NULL,
	`started_at` integer NOT NULL,
	`ended_at` integer,
	`listed` integer DEFAULT 0 NOT NULL,
	`created` integer DEFAULT 0 NOT NULL,
	`updated` integer DEFAULT 0 NOT NULL,
	`deleted` integer DEFAULT 0 NOT NULL,
	`calls_spent` integer DEFAULT 0 NOT NULL,
	`error_code` text,
	`error_message` text
);
--> statement-breakpoint
CREATE INDEX `sync_runs_connection` ON `sync_runs` (`connection_id`,`started_at`);--> statement-breakpoint
CREATE INDEX `sync_runs_user` ON `sync_runs` (`user_id`,`started_at`);--> statement-breakpoint
CREATE INDEX `sync_runs_started` ON `sync_runs` (`started_at`);