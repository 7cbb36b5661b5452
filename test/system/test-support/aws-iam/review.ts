import { Agent, request } from "node:https";

/** A user as a webhook tells it. */
export interface ReviewedUser {
  readonly username?: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What a webhook answered. */
export interface ReviewAnswer {
  readonly status: number;
  readonly isAuthenticated: boolean;
  readonly user: ReviewedUser | undefined;
}

/** Asks a TokenReview webhook about tokens. */
export interface Reviewer {
  review(token: string): Promise<ReviewAnswer>;
  close(): void;
}

interface Body {
  readonly status?: { readonly authenticated?: boolean; readonly user?: ReviewedUser };
}

function parseBody(text: string): Body {
  try {
    return JSON.parse(text) as Body;
  } catch {
    return {};
  }
}

/** A client of a webhook; `authorityPem` is what its certificate is checked with. */
export function createReviewer(url: string, authorityPem: string, maxSockets = 16): Reviewer {
  const agent = new Agent({ keepAlive: true, maxSockets, ca: authorityPem });
  const review = async (token: string): Promise<ReviewAnswer> =>
    await new Promise((resolve, reject) => {
      const headers = { "content-type": "application/json" };
      const outgoing = request(url, { method: "POST", agent, headers }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part: string) => (text += part));
        answer.once("error", reject);
        answer.once("end", () => {
          const { status } = parseBody(text);
          resolve({ status: answer.statusCode ?? 0, isAuthenticated: status?.authenticated === true, user: status?.user });
        });
      });
      outgoing.once("error", reject);
      outgoing.end(JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } }));
    });
  return { review, close: () => agent.destroy() };
}
