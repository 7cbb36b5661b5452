import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";

/** client-go itself, asked by lines: one question, one answer, in order. */
export class Harness {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;
  #noise = "";
  #last: Promise<unknown> = Promise.resolve();

  /** Runs a program in a folder; `wrapper` runs it, where it needs one. */
  constructor(
    program: string,
    subcommand: string,
    folder: string,
    wrapper?: { readonly command: string; readonly args: readonly string[] },
  ) {
    const [command, args] = wrapper === undefined ? [program, [subcommand]] : [wrapper.command, [...wrapper.args, program, subcommand]];
    this.#child = spawn(command, args, { cwd: folder, env: {} });
    this.#reader = createInterface({ input: this.#child.stdout });
    this.#lines = this.#reader[Symbol.asyncIterator]();
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => (this.#noise += text));
  }

  /** The answers to questions, in order. Questions may be put before earlier ones are answered. */
  ask(questions: readonly object[]): Promise<readonly unknown[]> {
    this.#child.stdin.write(questions.map((question) => `${JSON.stringify(question)}\n`).join(""));
    const answers = this.#last.then(async () => await this.#read(questions.length));
    this.#last = answers.catch(() => {});
    return answers;
  }

  async #read(count: number): Promise<readonly unknown[]> {
    const answers: unknown[] = [];
    while (answers.length < count) {
      const line = await this.#lines.next();
      if (line.done === true) throw new Error(`the harness ended: ${this.#noise}`);
      answers.push(JSON.parse(line.value));
    }
    return answers;
  }

  close(): void {
    this.#reader.close();
    this.#child.stdin.end();
    this.#child.kill();
  }
}
