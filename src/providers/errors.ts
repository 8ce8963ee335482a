// The closed set of what can go wrong with a provider. `code` is stable and switched on; `message` is a sentence of ours,
// never the provider's text, because Fitbit echoes tokens in its messages (reference: error messages page).

export type ProviderError =
  /** `needsConsent`: where a token that was just renewed gets this answer too, nothing but the user's consent mends it. */
  | { readonly code: "unauthorized"; readonly message: string; readonly needsConsent?: true }
  | { readonly code: "grant_revoked"; readonly message: string }
  | { readonly code: "scope_missing"; readonly message: string }
  /** `retryAt` in epoch milliseconds. */
  | { readonly code: "rate_limited"; readonly message: string; readonly retryAt: number }
  | { readonly code: "not_found"; readonly message: string }
  /**
   * Try again. `answerLost`: the request may have been carried out (time-out, cut answer), which matters for a refresh
   * token that works once. `conflict`: 409, somebody else refreshes at this moment.
   */
  | {
      readonly code: "provider_unavailable";
      readonly message: string;
      readonly answerLost: boolean;
      readonly conflict?: boolean;
    }
  | { readonly code: "provider_gone"; readonly message: string }
  /** The user's account has no profile at the provider yet; `signUpUrl` is where they make one. */
  | { readonly code: "account_not_linked"; readonly message: string; readonly signUpUrl?: string }
  | { readonly code: "bad_response"; readonly message: string }
  | { readonly code: "misconfigured"; readonly message: string };

export type ProviderErrorCode = ProviderError["code"];
