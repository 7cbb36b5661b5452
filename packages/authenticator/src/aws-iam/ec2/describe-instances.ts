import type { Pair } from "@kubepass/wire/signing";
import { findChild, type XmlElement } from "../xml.ts";

// A private DNS name is a host name; anything else in it would be a user name of somebody's making.
const dnsName = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i;

/**
 * The parameters of DescribeInstances for some ids. They are asked for by a filter: an id that EC2 does not know is then just
 * absent, where asking by id would fail for all of them.
 */
export function formatDescribeInstances(ids: readonly string[]): readonly Pair[] {
  return [
    ["Action", "DescribeInstances"],
    ["Version", "2016-11-15"],
    ["Filter.1.Name", "instance-id"],
    ...ids.map((id, index): Pair => [`Filter.1.Value.${index + 1}`, id]),
  ];
}

function items(element: XmlElement | undefined): readonly XmlElement[] {
  return element?.children.filter(({ name }) => name === "item") ?? [];
}

/** The private DNS names in an answer of DescribeInstances, by instance id. `undefined` when it is another answer. */
export function parseDescribeInstances(root: XmlElement): ReadonlyMap<string, string> | undefined {
  const reservations = findChild(root, "reservationSet");
  if (root.name !== "DescribeInstancesResponse" || reservations === undefined) return undefined;
  const names = new Map<string, string>();
  for (const reservation of items(reservations)) {
    for (const instance of items(findChild(reservation, "instancesSet"))) {
      const id = findChild(instance, "instanceId")?.text ?? "";
      const name = findChild(instance, "privateDnsName")?.text ?? "";
      if (dnsName.test(name)) names.set(id, name);
    }
  }
  return names;
}
