import { get } from "node:http";

/** The answer of `/readyz` or another path of the operations listener. */
export async function askOperations(port: number, path: string): Promise<{ readonly status: number; readonly text: string }> {
  return await new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, path, agent: false }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (part: string) => (text += part));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
    }).once("error", reject);
  });
}
