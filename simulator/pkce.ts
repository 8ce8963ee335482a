// PKCE, RFC 7636. The default method is "plain", at Fitbit ("Authorize", dev.fitbit.com) and by the RFC.

/** The challenge that belongs to a verifier. */
export async function challengeOf(verifier: string, method: "plain" | "S256"): Promise<string> {
  if (method === "plain") return verifier;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return btoa(String.fromCharCode(...new Uint8Array(digest)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
