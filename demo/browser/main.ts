// Plays the person's browser in `npm run demo`: kubepass starts it with an authorization URL as with any browser.
import { readFileSync } from "node:fs";
import { Person } from "@kubepass/testkit";
import { writeReport } from "./report.ts";

const [issuerOrigin = "", authorityFile = "", reportFile = "", url = ""] = process.argv.slice(2);
const person = new Person({ issuerOrigin, trustedPem: readFileSync(authorityFile, "utf8") });
writeReport(reportFile, await person.visit(url));
