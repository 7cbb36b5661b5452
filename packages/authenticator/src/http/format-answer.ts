/** What goes back for one request. */
export interface HttpAnswer {
  readonly status: number;
  /** Beside those that the server sets itself: length, type, connection. Names and values of ours, not from outside. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Default: JSON. */
  readonly type?: string | undefined;
  readonly body: string;
}

const reasons: Readonly<Record<number, string>> = {
  200: "OK",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  417: "Expectation Failed",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
  505: "HTTP Version Not Supported",
};

// What kind of failure it is, in Kubernetes' words.
const statusReasons: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  404: "NotFound",
  405: "MethodNotAllowed",
  413: "RequestEntityTooLarge",
  415: "UnsupportedMediaType",
  500: "InternalError",
  503: "ServiceUnavailable",
};

/** How an answer goes out. */
export interface AnswerForm {
  /** Whether another request may follow. */
  readonly isKeptAlive: boolean;
  /** Not to HEAD, whose answers only say how long the body would be. */
  readonly hasBody: boolean;
}

/** The bytes of an answer (RFC 9112). */
export function formatAnswer(answer: HttpAnswer, { isKeptAlive, hasBody }: AnswerForm): string {
  let head = `HTTP/1.1 ${answer.status} ${reasons[answer.status] ?? "Unknown"}\r\nContent-Type: ${answer.type ?? "application/json"}\r\nContent-Length: ${Buffer.byteLength(answer.body)}\r\n`;
  for (const name in answer.headers) head += `${name}: ${answer.headers[name]}\r\n`;
  return `${head}${isKeptAlive ? "" : "Connection: close\r\n"}\r\n${hasBody ? answer.body : ""}`;
}

/** A failure as Kubernetes' clients know it: an object of kind Status. The message holds nothing from outside. */
export function createFailure(status: number, message: string, headers?: Readonly<Record<string, string>>): HttpAnswer {
  const body = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason: statusReasons[status], code: status };
  return { status, headers, body: JSON.stringify(body) };
}
