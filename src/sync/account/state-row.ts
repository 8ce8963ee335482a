// Where an account's state stands: one row of the object's own SQLite, one JSON value.

import { type AccountState, emptyState } from "./account-state.ts";

export class StateRow {
  readonly #storage: SqlStorage;

  constructor(storage: SqlStorage) {
    this.#storage = storage;
    this.create();
  }

  create(): void {
    this.#storage.exec(
      "CREATE TABLE IF NOT EXISTS state (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL, value TEXT NOT NULL)",
    );
  }

  /** Null when nothing was ever written, which means that D1 is to be asked. */
  read(): AccountState | null {
    const row = this.#storage.exec<{ value: string }>("SELECT value FROM state WHERE id = 1").toArray()[0];
    return row === undefined ? null : { ...emptyState, ...(JSON.parse(row.value) as Partial<AccountState>) };
  }

  write(state: AccountState): void {
    this.#storage.exec(
      "INSERT INTO state (id, version, value) VALUES (1, 1, ?1) ON CONFLICT (id) DO UPDATE SET value = ?1",
      JSON.stringify(state),
    );
  }
}
