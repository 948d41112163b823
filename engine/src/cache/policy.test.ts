/** The policy file: who could have written it, what it may say, and how users and groups are told apart. */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parsePolicy, readPolicy } from "./policy.js";
import { openUsers } from "./users.js";

const folder = (): string => mkdtempSync(join(tmpdir(), "sojourn-policy-"));
const own = process.getuid?.();
const key = "ab".repeat(32);

function write(content: unknown, path = join(folder(), "policy.json")): string {
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content), { mode: 0o600 });
  return path;
}
const read = (policyFile: string, sitePolicyFile = "") => readPolicy({ policyFile, sitePolicyFile, own });

describe("a policy", () => {
  it("lists users and groups by name or number, and keys by their names", () => {
    const { policy, files } = read(
      write({
        users: ["anna", 1003, "1004", { user: "ben", values: true }],
        groups: [{ group: 50 }],
        keys: { lab: key },
      }),
    );
    expect(files).toMatchObject([{ there: true }]);
    expect(files[0].problem).toBeUndefined();
    expect(policy).toEqual({
      users: [
        { who: "anna", values: false },
        { who: 1003, values: false },
        { who: 1004, values: false },
        { who: "ben", values: true },
      ],
      groups: [{ who: 50, values: false }],
      keys: new Map([[key, "lab"]]),
    });
  });

  it("that is not there trusts nobody, and is no problem", () => {
    const { policy, files } = read(join(folder(), "none.json"));
    expect([policy.users.length, policy.groups.length, policy.keys.size]).toEqual([0, 0, 0]);
    expect(files).toEqual([{ path: expect.any(String), there: false }]);
  });

  it("of the site counts beside the user's own, unless that says no", () => {
    const site = write({ users: [7], keys: { site: key } });
    expect(read(write({ users: [8] }), site).policy.users.map(({ who }) => who)).toEqual([8, 7]);
    const { policy, files } = read(write({ users: [8], site: false }), site);
    expect([policy.users.map(({ who }) => who), policy.keys.size, files.length]).toEqual([[8], 0, 1]);
    expect(read(join(folder(), "none"), site).policy.users.map(({ who }) => who)).toEqual([7]);
  });

  it("that makes no sense is one sentence, and trusts nobody, nor does the site's beside it", () => {
    const site = write({ users: [7] });
    const { policy, files } = read(write({ users: [8], keys: { lab: "xyz" } }), site);
    expect([policy.users, policy.groups, policy.keys.size]).toEqual([[], [], 0]);
    expect(files[0].problem).toMatch(
      /^Cannot use the policy \S+policy\.json: the key "lab" must be 64 hexadecimal digits and is "xyz"\.$/,
    );
    expect(read(write({ users: [8] }), write("{")).policy.users.map(({ who }) => who)).toEqual([8]);
  });

  it.each([
    ["[]", "it is not an object"],
    ["{", "it is not JSON"],
    ['{"user": []}', "there is no section user (did you mean users?)"],
    ['{"users": "anna"}', 'users must be a list and is "anna"'],
    ['{"users": [-1]}', "a user must be a name or a number and is -1"],
    ['{"users": [{"user": "a", "value": true}]}', "there is no property value (did you mean values?)"],
    ['{"users": [{"values": true}]}', "a user must be a name or a number"],
    ['{"groups": [{"group": "a", "values": "yes"}]}', "values of a must be true or false"],
    ['{"keys": ["x"]}', "keys must be an object"],
    ['{"site": "no"}', "site must be true or false"],
  ])("is refused when it is %s", (text, why) => {
    expect(() => parsePolicy(text)).toThrow(why);
  });

  it("that others could have written is refused with the reason", () => {
    const problem = (path: string): string | undefined => read(path).files[0].problem;
    const file = write({ users: [1] });
    expect(problem(file)).toBeUndefined();
    chmodSync(file, 0o620);
    expect(problem(file)).toMatch(/can be written by its group \(mode 0620\), so others could change it\.$/);
    chmodSync(file, 0o602);
    expect(problem(file)).toContain("can be written by everybody (mode 0602)");
    expect(read(file).policy.users).toEqual([]);
    chmodSync(file, 0o644);
    expect(problem(file)).toBeUndefined();

    const open = folder();
    mkdirSync(join(open, "below"));
    const inOpen = write({ users: [1] }, join(open, "below", "policy.json"));
    chmodSync(open, 0o777);
    expect(problem(inOpen)).toContain(`${open} can be written by everybody (mode 0777), so others could put another`);
    chmodSync(open, 0o1777);
    expect(problem(inOpen)).toBeUndefined();
    // a link is as good as what it leads to
    chmodSync(open, 0o777);
    const link = join(folder(), "policy.json");
    symlinkSync(inOpen, link);
    expect(problem(link)).toContain(open);
    expect(problem(folder())).toContain("not an ordinary file");
  });

  it("of another user is refused", () => {
    const file = write({ users: [1] });
    // as root a file can be given away; as somebody else, one may pretend to be another user
    if (own === 0) chownSync(file, 12345, 12345);
    const state = readPolicy({ policyFile: file, sitePolicyFile: "", own: own === 0 ? 0 : (own ?? 0) + 1 });
    expect(state.files[0].problem).toMatch(/it belongs to user \d+, so others could change it\.$/);
    expect(state.policy.users).toEqual([]);
  });
});

describe("users", () => {
  const place = folder();
  const passwdFile = join(place, "passwd");
  const groupFile = join(place, "group");
  writeFileSync(
    passwdFile,
    "root:x:0:0::/:/bin/sh\nanna:x:1001:50::/home/anna:/bin/sh\nben:x:1002:60::/home/ben:/bin/sh\n",
  );
  writeFileSync(groupFile, "lab:x:50:ben\nown:x:60:\nempty:x:70:\n");
  const asked: string[] = [];
  const users = openUsers({
    passwdFile,
    groupFile,
    lookUp(database, name) {
      asked.push(`${database} ${name}`);
      if (database === "passwd" && (name === "cleo" || name === "1003")) return "cleo:*:1003:90::/home/cleo:/bin/sh";
      if (database === "group" && (name === "far" || name === "91")) return "far:*:91:cleo,anna";
      return undefined;
    },
  });

  it("are found in the machine's files, and members by their own group or by a list", () => {
    expect([users.userNumber("anna"), users.userName(1002), users.groupNumber("lab"), users.groupName(60)]).toEqual([
      1001,
      "ben",
      50,
      "own",
    ]);
    const members = [1001, 1002, 0].map((user) => [50, 60, 70].map((group) => users.isMember(user, group)));
    expect(members).toEqual([
      [true, false, false],
      [true, true, false],
      [false, false, false],
    ]);
    expect(asked).toEqual([]);
  });

  it("are asked for elsewhere when they are not there, once each", () => {
    expect([users.userNumber("cleo"), users.userNumber("cleo"), users.userName(1003)]).toEqual([1003, 1003, "cleo"]);
    expect([
      users.groupNumber("far"),
      users.isMember(1003, 91),
      users.isMember(1001, 91),
      users.isMember(1002, 91),
    ]).toEqual([91, true, true, false]);
    expect([users.isMember(1003, 90), users.isMember(4711, 90), users.userNumber("nobody here")]).toEqual([
      true,
      false,
      undefined,
    ]);
    expect(users.userNumber("--help")).toBeUndefined();
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked).not.toContain("passwd --help");
  });

  it("of this machine have the names that it gives them", () => {
    const here = openUsers();
    expect([here.userNumber("root"), here.userName(0)]).toEqual([0, "root"]);
    const unknown = openUsers({ passwdFile: "/nowhere", groupFile: "/nowhere" });
    expect([unknown.userNumber("root"), unknown.userName(0)]).toEqual([0, "root"]);
  });
});
