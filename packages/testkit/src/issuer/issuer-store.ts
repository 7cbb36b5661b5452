import type { SecretList } from "./secret-list.ts";

/** What the provider stores of a session, grant, code or token. */
export type StoredItem = Record<string, unknown>;

/** Storage in the form that oidc-provider asks for. */
export interface StoreAdapter {
  upsert(id: string, item: StoredItem): Promise<void>;
  find(id: string): Promise<StoredItem | undefined>;
  findByUserCode(userCode: string): Promise<StoredItem | undefined>;
  findByUid(uid: string): Promise<StoredItem | undefined>;
  consume(id: string): Promise<void>;
  destroy(id: string): Promise<void>;
  revokeByGrantId(grantId: string): Promise<void>;
}

// Where the id of an item is the value that a client gets.
const secretKinds = new Set(["AuthorizationCode", "AccessToken", "ClientCredentials", "RefreshToken", "DeviceCode"]);

/** The issuer's memory; the provider itself looks at the times. */
export class IssuerStore {
  readonly #items = new Map<string, StoredItem>();
  readonly #secrets: SecretList;

  constructor(secrets: SecretList) {
    this.#secrets = secrets;
  }

  /** Forgets every session, grant, code and token: all of them are invalid from now on. */
  clear(): void {
    this.#items.clear();
  }

  /** How many items of a kind, such as `RefreshToken`, there are. */
  count(kind: string): number {
    return [...this.#items.keys()].filter((key) => key.startsWith(`${kind}:`)).length;
  }

  adapt(kind: string): StoreAdapter {
    const keyOf = (id: string): string => `${kind}:${id}`;
    const findBy = (name: string, value: string): StoredItem | undefined =>
      [...this.#items].find(([key, item]) => key.startsWith(`${kind}:`) && item[name] === value)?.[1];
    return {
      upsert: async (id, item) => {
        if (secretKinds.has(kind)) this.#secrets.add(id);
        this.#items.set(keyOf(id), item);
      },
      find: async (id) => this.#items.get(keyOf(id)),
      findByUserCode: async (userCode) => findBy("userCode", userCode),
      findByUid: async (uid) => findBy("uid", uid),
      consume: async (id) => {
        const item = this.#items.get(keyOf(id));
        if (item !== undefined) item["consumed"] = Math.floor(Date.now() / 1000);
      },
      destroy: async (id) => void this.#items.delete(keyOf(id)),
      revokeByGrantId: async (grantId) => {
        for (const [key, item] of this.#items) {
          if (key.startsWith(`${kind}:`) && item["grantId"] === grantId) this.#items.delete(key);
        }
      },
    };
  }
}
