function words(text: string): readonly string[] {
  return text.split(/\s+/);
}

/** Texts that some function takes for something, sound and unsound ones. */
export const samples = {
  ip: [
    ...words(
      String.raw`127.0.0.1 10.1.2.3 ::1 fe80::1 2001:db8::ff00:42:8329 ::ffff:1.2.3.4 1.2.3 01.2.3.4 224.0.0.5 255.255.255.255 0.0.0.0 :: ff02::1 169.254.1.1 fe80::1%eth0 1:2:3:4:5:6:7:8 1::2::3 ::1.2.3.4 2001:DB8::1 1:2:3:4:5:6:1.2.3.4 12345:: ::: 1:2:3:4:5:6:7:: 0:0:0:1:0:0:0:1 1.2.3.4.5 256.1.1.1`,
    ),
  ],
  cidr: [
    ...words(
      String.raw`10.0.0.0/8 10.1.2.3/16 ::/0 2001:db8::/32 10.0.0.0/33 1.2.3.4/032 ::ffff:1.2.3.4/96 fe80::%a/64 192.168.0.0/24 192.168.0.0/0 10.0.0.0 /8 10.0.0.0/ 127.0.0.1/32 ::1/128 fe80::1/10 1.2.3.4/+8`,
    ),
  ],
  quantity: [
    ...words(
      String.raw`1 0 1.5Gi 200m 1e3 1E -1Ki +5 .5 5. 1.5 1000000000000000000000 1n 0.1n 12e-10 1Ei 9223372036854775807 9223372036854775808 100u 1i 1.23456789012 0.0000000001 1k 1M 1G 1T 1P 8Ei 0Ki 00.10 1e e3 1e+2 1E2 -0.5Mi 0.5Ki 1.0000000001k --1 1.2.3 m`,
    ),
  ],
  semver: [
    ...words(
      String.raw`1.0.0 v1.2.3 1.2 01.1.1 1.2.3-alpha.1+build.5 1.2.3-01 1.0.0-rc.1 2.0.0 1.2.3+b 1.2.3- 99999999999999999999.0.0 18446744073709551615.0.0 1.2.3-alpha 1.2.3-alpha.beta 1.2.3-1 v1 1.2.x 1.2.3-a..b`,
    ),
    "",
  ],
  url: [
    ...words(
      String.raw`https://example.com/path?a=1&b=2&a=3 /abs/path?x http://[::1]:8080/ http://user:p%40ss@host:80/a%2fb mailto:x@y http://h:port/ example.com * https://example.com:/x?y=%zz&ok=1 http://a/%zz http://h/#frag https://e.com? //host/p ///p ht!tp://x http://h/a?b=c;d http://h/ü?ü=ü http://h/?a+b=c+d&=v&k scheme:opaque?q=1 http://[fe80::1%25en0]/ http://a:1:2/ db://a:1:2/ 1http://x :x http://h%41/ http://h%c3%bc/`,
    ),
    "https://a b/",
    "http://h/a b<c>",
  ],
  duration: [
    ...words(
      String.raw`1h 1h30m -5s 100ms 1.5h 0 10us 3ns 1d 1 2562047h47m16.854775807s 2562047h47m16.854775808s -2562047h47m16.854775808s .5s 1.s 1µs +3m 0.000000001s 1e3s 0.1ns 9999999999h`,
    ),
    "",
  ],
  timestamp: [
    ...words(
      String.raw`2024-01-01T00:00:00Z 1970-01-01T00:00:00Z 2023-12-25T12:34:56.789+02:00 0001-01-01T00:00:00Z 9999-12-31T23:59:59.999999999Z 2024-02-30T00:00:00Z 2024-02-29T23:59:60Z 10000-01-01T00:00:00Z 2024-01-01 2024-01-01T00:00:00 0000-01-01T00:00:00Z 2024-01-01T5:00:00Z 2024-01-01T00:00:00,5Z 2024-01-01T24:00:00Z 2024-06-15T08:00:00-05:30 2024-01-01t00:00:00z 1969-12-31T23:59:59.5Z 2024-01-01T00:00:00.1234567891Z 2024-01-01T00:00:00+24:00 2024-01-01T00:00:00+25:00 2000-02-29T00:00:00Z`,
    ),
  ],
  zone: [
    ...words(
      String.raw`UTC America/New_York Europe/Berlin +02:00 -08:00 Asia/Kolkata Nowhere/City 02:30 +aa:00 US/Pacific Etc/GMT+5 europe/berlin`,
    ),
    "",
  ],
  regex: [
    ...words(
      String.raw`[0-9]+ (a|b)*c a{2,3} (?i)ABC \\d+ [ (?P<n>x) \\pL+ (?=x) x* [[:alpha:]]+ a{1001} \\bfoo\\b (?s). (?m)^x [^a-c] \\Qa.b\\E é+ . a| (?U)a+ \\x{1F600} [\\d-z] (?:) \\C ( a** [a-\\d] (?i)straße \\p{Greek} \\pN ^ \\z [[:word:]] x{0} (?<name>x)`,
    ),
    "^a.*b$",
    "",
    "(a+)+$",
    "$^",
    "$",
  ],
  format: [...words(String.raw`%s %.2f %e %b %x %X %o %% % %q %.3e plain %.f %5d %.0f %s%% é%s`), "%d and %s", "%s %s %s"],
  name: [...words(String.raw`my-name My.Name example.com/key a- -a 123-abc a.b.c x/y/z UPPER under_score 9e.9 a..b /x x/`), ""],
  uuid: [
    ...words(
      String.raw`123e4567-e89b-12d3-a456-426614174000 123E4567E89B12D3A456426614174000 123e4567 aGVsbG8= aGVsbG8 2024-01-01 2024-02-30 2024-01-01T10:00:00Z 2024-01-01t10:00:00.5+01:00 2024-01-01T99:00:00Z`,
    ),
  ],
  number: [
    ...words(
      String.raw`1 -1 +5 0 1.5 1e400 9223372036854775807 9223372036854775808 -9223372036854775808 18446744073709551615 0x10 1_000 inf -Infinity NaN nan +NaN 1e-400 abc true True t FALSE yes 0x1p-2 0x1.8p1 1e5 .5 5. 0x_1p4 1__0 infinit 0x1p-1080 0x1.fffffffffffff8p0`,
    ),
    " 1",
    "",
  ],
  escaped: [...words(String.raw`a.b k8s.io/x __dot__ a__dot__b k8s__dot__io__slash__x __if__ x__unknown__y __underscores__`)],
  text: [
    ...words(String.raw`a abc a,b,c A-B-C äöü 日本語 😀x😀 quote"'\ aaaa abcabc x=y;z`),
    "",
    "hello world",
    "e\u0301",
    "  pad\t",
    "\u00a0nbsp\u2003",
    "line\nbreak",
    "\u0000nul",
    "\u200b",
    "\ufffd",
    "\ue000private",
  ],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type SampleKind = keyof typeof samples;

/** What the first text of a function is usually about. */
export const topics: Readonly<Record<string, SampleKind>> = {
  ip: "ip",
  isIP: "ip",
  "ip.isCanonical": "ip",
  containsIP: "ip",
  cidr: "cidr",
  isCIDR: "cidr",
  containsCIDR: "cidr",
  quantity: "quantity",
  isQuantity: "quantity",
  semver: "semver",
  isSemver: "semver",
  url: "url",
  isURL: "url",
  duration: "duration",
  timestamp: "timestamp",
  matches: "regex",
  find: "regex",
  findAll: "regex",
  format: "format",
  int: "number",
  uint: "number",
  double: "number",
  bool: "number",
  validate: "name",
  "format.named": "name",
  getFullYear: "zone",
  getMonth: "zone",
  getDate: "zone",
  getDayOfMonth: "zone",
  getDayOfWeek: "zone",
  getDayOfYear: "zone",
  getHours: "zone",
  getMinutes: "zone",
  getSeconds: "zone",
  getMilliseconds: "zone",
};
