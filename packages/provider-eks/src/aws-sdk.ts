import { fromHttp, fromIni } from "@aws-sdk/credential-providers";
import type { Fetch } from "@kubepass/network";
import { CredentialError, isCredentialError, Secret } from "@kubepass/wire";
import type { AwsFilePaths } from "./aws-files.ts";
import type { AddressKind } from "./eks-options.ts";
import { type AwsCredentials, checkUsableKeys } from "./credentials.ts";

/*
 * The one door to AWS's own SDK: profiles with a process, IAM Identity Center or a console login, and containers. Loaded only when
 * one of those is the source.
 */

interface SdkCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  readonly expiration?: Date | undefined;
}

/** The part of the SDK's requests that goes on the wire. */
interface SdkRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly path: string;
  readonly method: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>> | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** What the SDK's requests met on the network, which its own errors say less well. */
export interface SdkTrace {
  failure: CredentialError | undefined;
  lastStatus: number | undefined;
}

function formatUrl({ protocol, hostname, port, path, query = {} }: SdkRequest): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const item of Array.isArray(value) ? value : [value]) parameters.append(name, typeof item === "string" ? item : "");
  }
  const text = parameters.toString();
  return `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}${path}${text === "" ? "" : `?${text}`}`;
}

// Framing belongs to our network code, which knows proxies, authorities and limits.
const ownHeaders = new Set(["host", "content-length", "connection", "transfer-encoding", "expect"]);

function createRequestHandler(fetch: Fetch, trace: SdkTrace, signal: AbortSignal) {
  return {
    async handle(request: SdkRequest) {
      const { body } = request;
      try {
        const response = await fetch(formatUrl(request), {
          method: request.method,
          headers: Object.fromEntries(Object.entries(request.headers).filter(([name]) => !ownHeaders.has(name.toLowerCase()))),
          body: typeof body === "string" || body instanceof Uint8Array ? body : undefined,
          signal,
        });
        trace.lastStatus = response.status;
        const bytes = new Uint8Array(await response.arrayBuffer());
        return { response: { statusCode: response.status, headers: Object.fromEntries(response.headers), body: bytes } };
      } catch (error) {
        trace.failure = isCredentialError(error) ? error : undefined;
        throw error;
      }
    },
  };
}

function toAwsCredentials(found: SdkCredentials, what: string): AwsCredentials {
  const { accessKeyId, secretAccessKey, sessionToken, expiration: expiresAt } = found;
  const secrets = { secretAccessKey: new Secret(secretAccessKey), sessionToken: sessionToken ? new Secret(sessionToken) : undefined };
  return checkUsableKeys({ accessKeyId, ...secrets, expiresAt }, what);
}

/** A failure of the SDK without its message, which may quote what a process printed. */
function toSourceError(error: unknown, what: string, hint: string, trace?: SdkTrace): CredentialError {
  if (trace?.failure !== undefined) return trace.failure;
  if (isCredentialError(error)) return error;
  const name = error instanceof Error ? error.name : "unknown failure";
  const status = trace?.lastStatus === undefined || trace.lastStatus < 400 ? "" : `, HTTP ${trace.lastStatus}`;
  return new CredentialError("SOURCE_FAILED", `${what} gave no credentials (${name}${status})`, { hint });
}

/** How profiles are read by the SDK. */
export interface ProfileRequest {
  readonly name: string;
  readonly paths: AwsFilePaths;
  readonly region: string;
  readonly addressKind: AddressKind;
  readonly fetch: Fetch;
  readonly trace: SdkTrace;
  readonly signal: AbortSignal;
  readonly hint: string;
}

/** The credentials of a profile that leads to no other one. Throws `SOURCE_FAILED` and what the network throws. */
export async function readProfileWithSdk(request: ProfileRequest): Promise<AwsCredentials> {
  const { name, paths, region, addressKind, fetch, trace, signal } = request;
  const what = `profile ${name}`;
  const provide = fromIni({
    profile: name,
    configFilepath: paths.config,
    filepath: paths.credentials,
    // A file that was read in an earlier try may have changed by a sign-in since.
    ignoreCache: true,
    clientConfig: {
      requestHandler: createRequestHandler(fetch, trace, signal),
      maxAttempts: 2,
      useFipsEndpoint: addressKind.isFips,
      useDualstackEndpoint: addressKind.isDualStack,
    },
  });
  try {
    return toAwsCredentials(await provide({ callerClientConfig: { region: async () => await Promise.resolve(region) } }), what);
  } catch (error) {
    signal.throwIfAborted();
    throw toSourceError(error, what, request.hint, trace);
  }
}

/** The credentials that a container is given. Throws `SOURCE_FAILED`. */
export async function readContainerWithSdk(
  url: string,
  authorization: { readonly token: string | undefined; readonly tokenFile: string | undefined },
): Promise<AwsCredentials> {
  const what = "the container's credential service";
  try {
    const provide = fromHttp({
      awsContainerCredentialsFullUri: url,
      ...(authorization.token === undefined ? {} : { awsContainerAuthorizationToken: authorization.token }),
      ...(authorization.tokenFile === undefined ? {} : { awsContainerAuthorizationTokenFile: authorization.tokenFile }),
    });
    return toAwsCredentials(await provide(), what);
  } catch (error) {
    throw toSourceError(error, what, "check the variables AWS_CONTAINER_CREDENTIALS_… and the agent behind them");
  }
}
