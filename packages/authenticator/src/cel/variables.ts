import type { JsonObject, JsonValue } from "@kubepass/wire";
import type { UserInfo } from "../verifier.ts";
import { fromJson } from "./json-values.ts";
import { stringList, type CelList } from "./lists.ts";
import { CelMap, noSuchKey } from "./maps.ts";
import { unescapeName } from "./unescape-name.ts";
import { CelFailure, noSuchOverload, type CelValue } from "./values.ts";

/** `extra` of the user: a map of string lists. */
class StringListMap extends CelMap {
  override readonly isWrapped = true;
  private readonly members: ReadonlyMap<string, readonly string[]>;
  constructor(members: Readonly<Record<string, readonly string[]>>) {
    super();
    this.members = new Map(Object.entries(members));
  }
  get size(): number {
    return this.members.size;
  }
  find(key: CelValue): CelValue | undefined {
    return typeof key === "string" ? this.member(unescapeName(key) ?? key, true) : undefined;
  }
  override get(key: CelValue): CelValue {
    const value = typeof key === "string" ? this.member(key, false) : undefined;
    return value === undefined ? noSuchKey(key) : value;
  }
  override contains(key: CelValue): CelValue {
    return typeof key === "string" && this.members.has(key);
  }
  keys(): readonly CelValue[] {
    return [...this.members.keys()];
  }
  private member(name: string, isWrapped: boolean): CelList | undefined {
    const values = this.members.get(name);
    return values === undefined ? undefined : stringList(values, isWrapped);
  }
}

/** The variable `claims` or `user` itself, which behaves in ways of its own (`k8s.io/apiserver/pkg/cel/lazy`). */
export abstract class RootMap extends CelMap {
  override readonly isWrapped = true;
  private readonly resolved: Map<string, CelValue> = new Map();

  protected abstract names(): readonly string[];
  protected abstract read(name: string): CelValue | undefined;

  get size(): number {
    return this.names().length;
  }
  find(key: CelValue): CelValue | undefined {
    if (typeof key !== "string") return noSuchOverload("key of a claim");
    const name = unescapeName(key);
    return name === undefined ? undefined : this.resolve(name);
  }
  override contains(_key: CelValue): CelValue {
    return noSuchOverload("in");
  }
  /** The values, not the keys: that is what the variable's own iterator gives. */
  keys(): readonly CelValue[] {
    return this.names().map((name) => this.get(name));
  }
  private resolve(name: string): CelValue | undefined {
    const known = this.resolved.get(name);
    if (known !== undefined) return known;
    const value = this.read(name);
    if (value !== undefined) this.resolved.set(name, value);
    return value;
  }
}

class ClaimsMap extends RootMap {
  override readonly typeName = "kubernetes.claims";
  private readonly claims: JsonObject;
  constructor(claims: JsonObject) {
    super();
    this.claims = claims;
  }
  protected names(): readonly string[] {
    return Object.keys(this.claims).filter((name) => this.claims[name] !== undefined);
  }
  protected read(name: string): CelValue | undefined {
    const value = Object.hasOwn(this.claims, name) ? this.claims[name] : undefined;
    return value === undefined ? undefined : readClaim(name, value);
  }
}

class UserMap extends RootMap {
  override readonly typeName = "kubernetes.UserInfo";
  private readonly user: UserInfo;
  constructor(user: UserInfo) {
    super();
    this.user = user;
  }
  protected names(): readonly string[] {
    return ["username", "uid", "groups", "extra"];
  }
  protected read(name: string): CelValue | undefined {
    const { username, uid, groups, extra } = this.user;
    if (name === "username") return username;
    if (name === "uid") return uid;
    if (name === "groups") return stringList(groups, true);
    return name === "extra" ? new StringListMap(extra) : undefined;
  }
}

function readClaim(name: string, value: JsonValue): CelValue {
  if (holdsInfinity(value)) return new CelFailure("CEL_CLAIM_UNREADABLE", `claim ${JSON.stringify(name)} holds a number out of range`);
  return fromJson(value, true);
}

function holdsInfinity(value: JsonValue): boolean {
  if (typeof value === "number") return !Number.isFinite(value);
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some((member) => member !== undefined && holdsInfinity(member));
}

/** The variable `claims`. A number that Go cannot hold makes its claim unreadable. */
export function claimsMap(claims: JsonObject): RootMap {
  return new ClaimsMap(claims);
}

/** The variable `user`. */
export function userMap(user: UserInfo): RootMap {
  return new UserMap(user);
}
