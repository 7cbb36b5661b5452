// What is used of oidc-provider 9, which ships no declarations.

declare module "oidc-provider/lib/provider.js" {
  type IncomingMessage = import("node:http").IncomingMessage;
  type ServerResponse = import("node:http").ServerResponse;

  export interface ProviderClient {
    readonly clientId: string;
    readonly clientName?: string;
  }
  export interface ProviderSession {
    readonly accountId?: string;
  }
  export interface ProviderContext {
    readonly req: IncomingMessage;
    readonly socket: import("node:net").Socket;
    readonly host: string;
    body: unknown;
    type: string;
    readonly oidc: {
      readonly route: string;
      readonly params?: Readonly<Record<string, unknown>>;
      readonly client?: ProviderClient;
      readonly session?: ProviderSession;
      readonly account?: { readonly accountId: string };
      readonly grant?: { readonly accountId?: string };
      readonly resourceServers: Readonly<Record<string, { readonly scopes: ReadonlySet<string> }>>;
    };
  }
  export interface ProviderModel {
    save(ttl?: number): Promise<string>;
  }
  export interface ProviderGrant extends ProviderModel {
    addOIDCScope(scope: string): void;
    addResourceScope(resource: string, scope: string): void;
  }
  export interface InteractionDetails {
    readonly prompt: { readonly name: string };
    readonly params: Readonly<Record<string, unknown>>;
    readonly session?: ProviderSession;
  }
  export type ModelClass<T> = new (input: Readonly<Record<string, unknown>>) => T;

  export class Provider {
    constructor(issuer: string, configuration: Readonly<Record<string, unknown>>);
    readonly Grant: ModelClass<ProviderGrant>;
    readonly AuthorizationCode: ModelClass<ProviderModel>;
    readonly OIDCContext: { readonly prototype: object };
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<InteractionDetails>;
    interactionFinished(request: IncomingMessage, response: ServerResponse, result: Readonly<Record<string, unknown>>): Promise<void>;
    registerGrantType(
      name: string,
      answer: (context: ProviderContext) => Promise<void>,
      parameters: readonly string[],
      repeatable?: readonly string[],
    ): void;
    on(event: string, listener: (context: ProviderContext, ...rest: readonly unknown[]) => void): this;
  }
}

declare module "oidc-provider/lib/helpers/errors.js" {
  export class InvalidGrant extends Error {
    constructor(detail: string);
  }
  export class InvalidTarget extends Error {
    constructor(description?: string);
  }
  export class InvalidRequest extends Error {
    constructor(description: string);
  }
}

declare module "oidc-provider/lib/helpers/grants.js" {
  type Helper = (provider: import("oidc-provider/lib/provider.js").Provider, ...parameters: readonly unknown[]) => unknown;

  export const validateDpop: Helper;
  export const buildTokenResponse: Helper;
  export const resolveAndApplyResource: Helper;
  export const applyAuthorizationDetails: Helper;
}

declare module "oidc-provider/lib/helpers/grant_common.js" {
  type Provider = import("oidc-provider/lib/provider.js").Provider;
  type ProviderContext = import("oidc-provider/lib/provider.js").ProviderContext;

  /** Puts an access token, an ID token and where allowed a refresh token for `source` into the answer. */
  export function issueTokens(
    provider: Provider,
    helpers: Readonly<Record<string, unknown>>,
    context: ProviderContext,
    source: object,
    grant: object,
    options: { readonly gty: string; readonly entityLabel: string; readonly dPoP: unknown },
  ): Promise<void>;
}
