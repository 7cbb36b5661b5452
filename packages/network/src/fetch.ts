/** One HTTP request, in the form that oauth4webapi hands to its `customFetch`. Redirects are never followed. */
export interface FetchRequest {
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | URLSearchParams | Uint8Array | null | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A standard `fetch` reduced to what is used, made by `createFetch`. */
export type Fetch = (url: string, request?: FetchRequest) => Promise<Response>;
