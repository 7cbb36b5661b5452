import { createServer } from "node:net";

// Below the range from which Linux gives ports to whoever asks for any: nobody is handed one of these by chance.
const [lowest, highest] = [15_000, 29_999];

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return await new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** A port of 127.0.0.1 that nobody listens on, for a program that wants to be told which. */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest + 1));
    if (await isFree(port)) return port;
  }
}
