import type { Agent, ClientRequest, IncomingMessage } from "node:http";
import type { Authorization } from "../credentials/authorization.ts";
import type { HeaderLine } from "../credentials/impersonation-headers.ts";
import type { Http1Agent } from "./http1-agent.ts";
import { groupHeaders } from "./send-http1.ts";

/**
 * Stands in for an `http.Agent` for one request of another library: it adds the lines that authenticate, hands the request to the
 * agent that keeps the connections, and learns of a 401.
 */
export class RequestAgent {
  readonly #agent: Http1Agent;
  readonly #authorization: Authorization;
  readonly #lines: readonly HeaderLine[];

  constructor(agent: Http1Agent, authorization: Authorization, impersonation: readonly HeaderLine[]) {
    this.#agent = agent;
    this.#authorization = authorization;
    this.#lines = impersonation;
  }

  /** The scheme that libraries ask an agent for. */
  get protocol(): unknown {
    const protocol: unknown = Reflect.get(this.#agent, "protocol");
    return protocol;
  }

  /** As of the agent behind it: some libraries set options on the sockets in use. */
  get sockets(): Agent["sockets"] {
    return this.#agent.sockets;
  }

  /** Called by Node for each request that is made with this agent. */
  addRequest(request: ClientRequest, options: object): void {
    const { value } = this.#authorization;
    if (value !== undefined && !request.hasHeader("authorization")) {
      request.setHeader("authorization", value.reveal());
      // The credential is told of a refusal; the answer is for whoever made the request.
      request.prependListener("response", (response: IncomingMessage) => {
        if (response.statusCode === 401) void this.#authorization.refused();
      });
    }
    if (!request.hasHeader("impersonate-user")) {
      for (const [name, values] of Object.entries(groupHeaders(this.#lines))) request.setHeader(name, values);
    }
    const add: unknown = Reflect.get(this.#agent, "addRequest");
    if (typeof add === "function") Reflect.apply(add, this.#agent, [request, options]);
  }
}
