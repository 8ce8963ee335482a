// Comparing secrets without telling by the time it takes how much of a guess was right. Both sides are hashed first, so
// that neither their length nor where they differ shows.

/** Whether two secrets are the same text. */
export async function isSameSecret(left: string, right: string): Promise<boolean> {
  const [leftDigest, rightDigest] = await Promise.all([digest(left), digest(right)]);
  return crypto.subtle.timingSafeEqual(leftDigest, rightDigest);
}

function digest(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}
