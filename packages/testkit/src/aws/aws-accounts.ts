import { createHash, randomBytes } from "node:crypto";

/** Who a key speaks for. */
export interface AwsIdentity {
  readonly arn: string;
  readonly accountId: string;
  readonly userId: string;
}

/** A key that signatures are checked with. */
export interface AwsKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
  readonly identity: AwsIdentity;
  readonly expiresAt: Date | undefined;
  readonly hasMfa: boolean;
  /** What was said when the role was taken on. */
  readonly sourceIdentity?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/** A role that can be taken on. */
export interface AwsRole {
  readonly arn: string;
  /** Whoever takes it on must say this. */
  readonly externalId?: string | undefined;
  readonly isMfaRequired?: boolean | undefined;
  /** ARNs of who may take it on; everybody when absent. */
  readonly trusts?: readonly string[] | undefined;
  readonly maxDurationSeconds?: number | undefined;
  /** Tokens of an issuer with which it can be taken on. */
  readonly webIdentityTokens?: readonly string[] | undefined;
}

/** A device whose one code is always the same. */
export interface AwsMfaDevice {
  readonly serial: string;
  readonly code: string;
}

/** Users, roles and keys, all in memory. */
export interface AwsAccounts {
  readonly keys: Map<string, AwsKey>;
  readonly roles: Map<string, AwsRole>;
  readonly devices: AwsMfaDevice[];
  /** A user with keys that do not end. */
  addUser(name: string, accountId?: string): AwsKey;
  addRole(role: AwsRole): void;
  addDevice(device: AwsMfaDevice): void;
  /** Temporary keys. */
  addSession(identity: AwsIdentity, expiresAt: Date, facts?: Partial<Pick<AwsKey, "hasMfa" | "sourceIdentity" | "tags">>): AwsKey;
  /** Every secret that was made up, so that a test can search for it. */
  readonly secrets: readonly string[];
}

const defaultAccount = "123456789012";

function makeId(prefix: string, seed: string): string {
  return `${prefix}${createHash("sha256").update(seed).digest("hex").slice(0, 17).toUpperCase()}`;
}

/** The id that AWS gives a role: the same for the same role. */
export function findRoleId(roleArn: string): string {
  return makeId("AROA", roleArn);
}

/** Empty accounts. */
export function createAwsAccounts(): AwsAccounts {
  const keys = new Map<string, AwsKey>();
  const roles = new Map<string, AwsRole>();
  const devices: AwsMfaDevice[] = [];
  const secrets: string[] = [];
  const makeSecret = (bytes: number): string => {
    const secret = randomBytes(bytes).toString("base64");
    secrets.push(secret);
    return secret;
  };
  const add = (key: Omit<AwsKey, "secretAccessKey">): AwsKey => {
    const whole = { ...key, secretAccessKey: makeSecret(30) };
    keys.set(key.accessKeyId, whole);
    return whole;
  };
  return {
    keys,
    roles,
    devices,
    secrets,
    addUser(name, accountId = defaultAccount) {
      const arn = `arn:aws:iam::${accountId}:user/${name}`;
      const identity = { arn, accountId, userId: makeId("AIDA", arn) };
      const accessKeyId = makeId("AKIA", `${arn}${randomBytes(8).toString("hex")}`).slice(0, 20);
      return add({ accessKeyId, sessionToken: undefined, identity, expiresAt: undefined, hasMfa: false });
    },
    addRole: (role) => void roles.set(role.arn, role),
    addDevice: (device) => void devices.push(device),
    addSession(identity, expiresAt, facts = {}) {
      const accessKeyId = makeId("ASIA", randomBytes(16).toString("hex")).slice(0, 20);
      return add({ accessKeyId, sessionToken: makeSecret(270), identity, expiresAt, hasMfa: false, ...facts });
    },
  };
}
