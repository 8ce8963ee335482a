// wrangler.toml as text: which resources it names, and the two values that a deployment writes into it. Only whole lines that
// are already there are changed, so that comments and order stay as a person left them.

export interface NamedResources {
  readonly workerName: string;
  readonly databaseName: string;
  /** `placeholder` until a database has been made. */
  readonly databaseId: string;
  readonly bucketName: string;
  /** Every queue that is produced to, consumed or left dead letters in. */
  readonly queueNames: readonly string[];
  readonly publicUrl: string;
}

export const placeholderDatabaseId = "00000000-0000-0000-0000-000000000000";

/**
 * Reads the names out of wrangler.toml.
 * @throws Error that names the setting which is missing.
 */
export function readResources(toml: string): NamedResources {
  const one = (name: string): string => {
    const value = new RegExp(`^${name} = "([^"]*)"`, "m").exec(toml)?.[1];
    if (value === undefined) throw new Error(`wrangler.toml has no line \`${name} = "…"\`.`);
    return value;
  };
  const queues = [...toml.matchAll(/^(?:queue|dead_letter_queue) = "([^"]*)"/gm)].map(
    (match) => match[1] ?? "",
  );
  return {
    workerName: one("name"),
    databaseName: one("database_name"),
    databaseId: one("database_id"),
    bucketName: one("bucket_name"),
    queueNames: [...new Set(queues)].sort(),
    publicUrl: one("PUBLIC_URL"),
  };
}

/** The same text with the deployment's database and address. */
export function writeResources(toml: string, values: { databaseId: string; publicUrl: string }): string {
  return toml
    .replace(/^database_id = "[^"]*"/m, `database_id = "${values.databaseId}"`)
    .replace(/^PUBLIC_URL = "[^"]*"/m, `PUBLIC_URL = "${values.publicUrl}"`);
}
