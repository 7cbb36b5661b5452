import { createSecureServer } from "node:http2";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** An API server that answers everything at once, and counts. */
export interface CountingServer {
  readonly origin: string;
  readonly authorityFile: string;
  /** TLS handshakes since the last call. */
  takeHandshakes(): number;
  close(): void;
}

/** Starts it with a certificate of its own, made by OpenSSL. HTTP/1.1 and HTTP/2, 250 streams to a connection, as kube-apiserver. */
export async function startCountingServer(folder: string): Promise<CountingServer> {
  const [key, certificate] = [join(folder, "server.key"), join(folder, "server.crt")];
  const subject = ["-subj", "/CN=server", "-addext", "subjectAltName=IP:127.0.0.1"];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  execFileSync("openssl", ["req", "-x509", ...kind, "-keyout", key, "-out", certificate, ...subject], { stdio: "ignore" });
  let handshakes = 0;
  const settings = { maxConcurrentStreams: 250 };
  const server = createSecureServer(
    { key: readFileSync(key), cert: readFileSync(certificate), allowHTTP1: true, settings },
    (_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ apiVersion: "v1", kind: "NamespaceList", metadata: {}, items: [] }));
    },
  );
  server.on("secureConnection", () => (handshakes += 1));
  server.on("sessionError", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", 1024, resolve));
  const address = server.address();
  return {
    origin: `https://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    authorityFile: certificate,
    takeHandshakes: () => {
      const taken = handshakes;
      handshakes = 0;
      return taken;
    },
    close: () => void server.close(),
  };
}
