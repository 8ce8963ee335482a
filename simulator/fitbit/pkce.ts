// PKCE, RFC 7636. Fitbit's default method is "plain" ("Authorize", dev.fitbit.com).

/** The challenge that belongs to a verifier. */
export async function challengeOf(verifier: string, method: "plain" | "S256"): Promise<string> {
  if (method === "plain") return verifier;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return btoa(String.fromCharCode(...new Uint8Array(digest)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
