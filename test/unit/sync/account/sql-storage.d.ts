// The one name of the platform that account-state.ts mentions beside its pure parts. The tests here run in Node, whose
// types do not know it, and touch none of it.

interface SqlStorage {
  exec<Row>(query: string, ...bindings: unknown[]): { toArray(): Row[] };
}
