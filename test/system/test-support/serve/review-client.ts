import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { letPass } from "../wait-for.ts";

/** Asks the webhook as an API server does. */
export interface ReviewClient {
  /** The status of the answer, as JSON. Rejects when there is no answer. */
  review(
    token: string,
  ): Promise<{ readonly authenticated?: boolean; readonly user?: { readonly username?: string }; readonly error?: string }>;
  close(): void;
}

/** A kubeconfig of `serve init`, as far as it says where and how. */
interface WebhookPlace {
  readonly url: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

function readPlace(kubeconfig: string): WebhookPlace {
  const text = readFileSync(kubeconfig, "utf8");
  const find = (key: string): string => new RegExp(`${key}: (\\S+)`).exec(text)?.[1] ?? "";
  const decode = (key: string): string => Buffer.from(find(key), "base64").toString();
  return {
    url: find("server"),
    ca: decode("certificate-authority-data"),
    cert: decode("client-certificate-data"),
    key: decode("client-key-data"),
  };
}

interface RawAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

/** `undefined` when the connection ended before any answer, which an API server takes for a reason to ask again. */
async function sendOnce(place: WebhookPlace, agent: Agent, body: string): Promise<RawAnswer | undefined> {
  return await new Promise((resolve, reject) => {
    const outgoing = request(place.url, { method: "POST", agent, headers: { "content-type": "application/json" } }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (part: string) => (text += part));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, retryAfter: answer.headers["retry-after"], text }));
      answer.on("error", reject);
    });
    outgoing.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNRESET") resolve(undefined);
      else reject(error);
    });
    outgoing.end(body);
  });
}

async function send(place: WebhookPlace, agent: Agent, body: string): Promise<string> {
  // As client-go's webhook does: five times in all, half a second apart, or as long as the answer says.
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    const answer = await sendOnce(place, agent, body);
    if (answer?.status === 200) return answer.text;
    if (answer !== undefined && answer.retryAfter === undefined) throw new Error(`status ${answer.status}: ${answer.text}`);
    await letPass(answer === undefined ? 500 : Number(answer.retryAfter) * 1000);
  }
  throw new Error("five attempts came to nothing");
}

/** A client with the certificate that `serve init` made for API servers. */
export function createReviewClient(kubeconfig: string): ReviewClient {
  const place = readPlace(kubeconfig);
  const agent = new Agent({ keepAlive: true, maxSockets: 8, ca: place.ca, cert: place.cert, key: place.key });
  return {
    async review(token) {
      const body = JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", metadata: {}, spec: { token } });
      const answer = JSON.parse(await send(place, agent, body)) as { readonly status: Awaited<ReturnType<ReviewClient["review"]>> };
      return answer.status;
    },
    close: () => agent.destroy(),
  };
}
