import { expect, onTestFinished, test } from "vitest";
import { createFakeUser } from "./test-support/run-in-process.ts";

test.each([
  ["firefox --password hunter2 {url}", '["firefox","--password","REDACTED","{url}"]'],
  ["'/opt/my browser' -v --token 'hunter 3' {url}", '["/opt/my browser","-v","--token","REDACTED","{url}"]'],
  ['firefox --pass"word" hunter4', '["firefox","--password","REDACTED"]'],
])("-vv tells no secret among the words of the browser's command %s", async (command, shown) => {
  const user = createFakeUser();
  onTestFinished(() => user.remove());
  const ran = await user.run(["status", "-vv", `--browser-command=${command}`]);
  expect(ran.stderr).toContain(`option (option: browser-command, value: ${shown}, from: --browser-command)`);
  expect(ran.stderr).not.toContain("hunter");
});
