// A reason to end, as a sentence for the person at the terminal. It never holds a secret, a token or a key.

export class SubscriberError extends Error {
  override readonly name = "SubscriberError";
}
