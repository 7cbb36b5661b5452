import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout. */
export const root: string = fileURLToPath(new URL("../../..", import.meta.url));

/** What a run leaves for people to look at: logs and screenshots. Ignored by git. */
export const artefacts: string = join(root, "artefacts", "system");

/** Pictures of the pages that end a sign-in. */
export const screenshots: string = join(root, "artefacts", "screenshots");

/** The programs that `peers/build.sh` makes. */
export const peers: string = join(root, "peers", "bin");
