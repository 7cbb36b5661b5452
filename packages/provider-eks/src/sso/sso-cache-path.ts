import { createHash } from "node:crypto";
import { join } from "node:path";
import type { SsoSettings } from "../aws-files.ts";

/** Where AWS's tools keep the token of a sign-in at IAM Identity Center. */
export function findSsoCachePath(home: string, settings: Pick<SsoSettings, "sessionName" | "startUrl">): string {
  // The file's name is their choice; nothing rests on the strength of the hash.
  const name = createHash("sha1")
    .update(settings.sessionName ?? settings.startUrl)
    .digest("hex");
  return join(home, ".aws", "sso", "cache", `${name}.json`);
}
