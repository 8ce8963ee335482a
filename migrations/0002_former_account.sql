ALTER TABLE `connections` ADD `former_account` text;--> statement-breakpoint
CREATE INDEX `connections_former_account` ON `connections` (`former_account`) WHERE former_account IS NOT NULL;