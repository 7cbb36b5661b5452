import { expect, test } from "vitest";
import { resolveServerUrl } from "./apply/server-url.ts";
import { formatKubeconfig } from "./format-kubeconfig.ts";
import { hideUserInfo } from "./hide-user-info.ts";
import { parseKubeconfig } from "./parse-kubeconfig.ts";
import { createConfig } from "./test-support/client-scene.ts";
import { judgeCluster } from "./validate.ts";

test.each([
  ["https://k:6443/p@q?r=@", "https://k:6443/p@q?r=@"],
  ["https://admin:S3CRET@k/p@q", "https://REDACTED@k/p@q"],
  ["https://admin:S3C@RET@k", "https://REDACTED@k"],
  ["https://admin:S3C/RET@k", "https://REDACTED@k"],
  ["https://admin:S3C#RET@k", "https://REDACTED@k"],
  ["https://admin:S3C%RET@k", "https://REDACTED@k"],
  ["https://admin:S3C RET@k", "https://REDACTED@k"],
  ["admin:S3CRET@k", "REDACTED@k"],
  ["//admin:S3CRET@k", "//REDACTED@k"],
  ["", ""],
])("%s is shown as %s", (text, shown) => {
  expect(hideUserInfo(text)).toBe(shown);
});

test.each(["https://admin:S3C@RET@k", "admin:S3C@RET@k", "https://admin:S3C%RET@k"])(
  "no message and no view has the password of %s",
  (url) => {
    expect(() => resolveServerUrl(createConfig({ server: url }))).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", message: expect.not.stringMatching(/S3C|RET@/) }),
    );
    const config = parseKubeconfig(JSON.stringify({ clusters: [{ name: "c", cluster: { server: "https://k", "proxy-url": url } }] }));
    expect(JSON.stringify(formatKubeconfig(config, "redact"))).not.toMatch(/S3C|RET@/);
    const cluster = config.clusters.get("c");
    if (cluster === undefined) throw new Error("the cluster was not read");
    expect(judgeCluster("c", { ...cluster, proxyUrl: url.replace("https", "ftp") }).join("\n")).not.toMatch(/S3C|RET@/);
  },
);
