import { request } from "node:https";

/** Posts a form, and resolves to the body of the answer. */
export async function requestText(url: string, authorityPem: string, form: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const outgoing = request(url, { method: "POST", ca: authorityPem, agent: false, headers }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (part: string) => (text += part));
      answer.on("end", () => (answer.statusCode === 200 ? resolve(text) : reject(new Error(`status ${answer.statusCode}: ${text}`))));
    });
    outgoing.once("error", reject);
    outgoing.end(form);
  });
}
