import { createHash } from "node:crypto";
import { CompactSign, compactVerify } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import {
  type CredentialClaims,
  issueCredential,
  mayAppend,
  openToken,
  peekToken,
  signToken,
  verifyChain,
} from "./credentials.js";
import { toBase64url } from "./ids.js";
import { type KeyPair, publicCryptoKey } from "./keys.js";
import { MAX_CHAIN_LENGTH, MAX_TOKEN_CHARS } from "./limits.js";
import { ROLES, type Role } from "./records.js";
import { NOW_MS, type SeededSwarm, seededKey, seededSwarm } from "./testing/seeded-swarm.js";

let swarm: SeededSwarm;
let other: SeededSwarm;
beforeAll(async () => {
  swarm = await seededSwarm(1);
  other = await seededSwarm(2);
});

const iat = NOW_MS / 1000;
const member = (issuer: KeyPair, subject: KeyPair, role: Role, more: Partial<CredentialClaims> = {}) =>
  issueCredential(issuer, { sub: subject.id, aud: swarm.genesis.swarm, role, iat, use: "member", ...more });
const invite = (issuer: KeyPair, subject: KeyPair, role: Role, more: Partial<CredentialClaims> = {}) =>
  issueCredential(issuer, { sub: subject.id, aud: swarm.genesis.swarm, role, iat, use: "invite", jti: "i1", ...more });
const verify = (chain: readonly string[], options = {}) => verifyChain(chain, swarm.genesis, options);
const refused = async (chain: readonly string[], why: RegExp, options = {}) => {
  const verdict = await verify(chain, options);
  expect(verdict).toMatchObject({ ok: false, refusal: { rule: "A1", fault: "sender" } });
  expect(verdict.ok || verdict.refusal.message).toMatch(why);
};

describe("A1 a chain that reaches the root", () => {
  test("A1 proves a member of every role that root names", async () => {
    const key = await seededKey(30);
    for (const role of ROLES) {
      expect(await verify([await member(swarm.root, key, role, { name: "n" })])).toEqual({
        ok: true,
        value: { writer: key.id, role, name: "n", group: key.id, invitations: [] },
      });
    }
    expect(ROLES.filter(mayAppend)).toEqual(["orchestrator", "agent", "witness"]);
  });

  test("A1 proves a newcomer by its ticket, and names the invitation for A3", async () => {
    const verdict = await verify(swarm.agentChain);
    expect(verdict).toMatchObject({
      ok: true,
      value: { writer: swarm.agent.id, role: "agent", group: swarm.agent.id },
    });
    expect(verdict.ok && verdict.value.invitations).toEqual([
      {
        id: expect.any(String),
        issuer: swarm.root.id,
        user: swarm.agent.id,
        expiresAtMs: NOW_MS + 86_400_000,
        uses: 10,
      },
    ]);
  });

  test("A3 an expired invitation still verifies: the orchestrator judges it once", async () => {
    const [door, key] = [await seededKey(30), await seededKey(31)];
    const chain = [await invite(swarm.root, door, "agent", { exp: 1, uses: 1 }), await member(door, key, "agent")];
    expect(await verify(chain)).toMatchObject({ ok: true, value: { invitations: [{ expiresAtMs: 1000, uses: 1 }] } });
  });

  test("E1 those invited by root or orchestrator are independent, those below a member are of its group", async () => {
    const [door, a, door2, b] = [await seededKey(30), await seededKey(31), await seededKey(32), await seededKey(33)];
    const underOrchestrator = [
      ...swarm.orchestratorChain,
      await invite(swarm.orchestrator, door, "agent"),
      await member(door, a, "agent"),
    ];
    expect(await verify(underOrchestrator)).toMatchObject({ ok: true, value: { group: a.id } });
    const underMember = [
      ...underOrchestrator,
      await invite(a, door2, "agent", { jti: "i2" }),
      await member(door2, b, "agent"),
    ];
    expect(await verify(underMember)).toMatchObject({ ok: true, value: { writer: b.id, group: a.id } });
    expect(await verify([...underOrchestrator, await member(a, b, "observer")])).toMatchObject({
      ok: true,
      value: { group: a.id },
    });
    const hosted = [...swarm.orchestratorChain, await member(swarm.orchestrator, a, "agent")];
    expect(await verify(hosted)).toMatchObject({ ok: true, value: { writer: a.id, group: swarm.orchestrator.id } });
  });
});

describe("A1 attacks on a chain", () => {
  test("A1 refuses an empty and an overlong chain", async () => {
    await refused([], /0 credentials/);
    const token = await member(swarm.root, swarm.root, "orchestrator");
    await refused(new Array<string>(MAX_CHAIN_LENGTH + 1).fill(token), /9 credentials/);
  });

  test("A1 refuses a chain of another swarm, also when the root key is the same", async () => {
    await refused(other.agentChain, /not signed by/);
    const key = await seededKey(30);
    const token = await issueCredential(swarm.root, {
      sub: key.id,
      aud: other.genesis.swarm,
      role: "agent",
      iat,
      use: "member",
    });
    await refused([token], /is for swarm/);
  });

  test("A1 refuses links in another order, a missing link and a link of a stranger", async () => {
    await refused([...swarm.agentChain].reverse(), /credential 0 is not signed/);
    await refused(swarm.agentChain.slice(1), /credential 0 is not signed/);
    const [stranger, key] = [await seededKey(40), await seededKey(41)];
    await refused([...swarm.orchestratorChain, await member(stranger, key, "agent")], /credential 1 is not signed/);
    await refused([await member(stranger, stranger, "orchestrator")], /credential 0 is not signed/);
  });

  test("A1 refuses an issuer that is not the signer", async () => {
    const claims = {
      iss: swarm.orchestrator.id,
      sub: swarm.agent.id,
      aud: swarm.genesis.swarm,
      role: "agent",
      iat,
      use: "member",
    };
    await refused([await signToken(swarm.root, "herdmind-credential+jwt", claims)], /another issuer/);
  });

  test("A1 nobody hands on more than its role may", async () => {
    const allowed: { readonly [role in Role]: readonly Role[] } = {
      orchestrator: ["agent", "witness", "observer", "relay"],
      agent: ["agent", "observer"],
      witness: [],
      observer: [],
      relay: [],
    };
    const [giver, key, door] = [await seededKey(30), await seededKey(31), await seededKey(32)];
    for (const role of ROLES) {
      const chain = [await member(swarm.root, giver, role)];
      for (const given of ROLES) {
        const may = allowed[role].includes(given);
        expect((await verify([...chain, await member(giver, key, given)])).ok).toBe(may);
        expect((await verify([...chain, await invite(giver, door, given), await member(door, key, given)])).ok).toBe(
          may,
        );
      }
    }
  });

  test("A1 an invitation gives its own role, once, and invites nobody", async () => {
    const [door, door2, key] = [await seededKey(30), await seededKey(31), await seededKey(32)];
    const open = await invite(swarm.root, door, "agent");
    for (const role of ROLES.filter((role) => role !== "agent")) {
      await refused([open, await member(door, key, role)], /gives more than its invitation/);
    }
    await refused([open, await invite(door, door2, "agent"), await member(door2, key, "agent")], /gives more/);
    await refused([open, await invite(door, door2, "agent")], /gives more/, { invitation: true });
    await refused([open], /ends in an invitation key/);
    await refused(
      [await invite(swarm.root, door, "agent", { jti: undefined }), await member(door, key, "agent")],
      /no id/,
    );
  });

  test("A1 the invitation key itself cannot become a member: everybody with the ticket has it", async () => {
    const door = await seededKey(30);
    await refused(
      [await invite(swarm.root, door, "agent"), await member(door, door, "agent")],
      /invitation key itself/,
    );
  });

  test("A1 a ticket's chain must end in an invitation", async () => {
    await refused(swarm.agentChain, /does not end in an invitation/, { invitation: true });
  });

  test("A1 root as a subject gains nothing it does not have", async () => {
    expect(await verify([await member(swarm.root, swarm.root, "orchestrator")])).toMatchObject({ ok: true });
    await refused([...swarm.agentChain, await member(swarm.agent, swarm.root, "orchestrator")], /cannot give role/);
  });

  test.each([{ exp: iat + 60 }, { uses: 1 }, { jti: "x" }])(
    "A1 a member cannot be limited by %j, which nobody would enforce",
    async (more) => {
      await refused([await member(swarm.root, await seededKey(30), "agent", more)], /nobody would enforce/);
    },
  );

  test.each([
    ["an unknown claim", { admin: true }],
    ["an unknown role", { role: "root" }],
    ["an inherited name as claim", { constructor: 1 }],
    ["a fractional time", { iat: 1.5 }],
    ["no uses", { use: "invite", jti: "i", uses: 0 }],
    ["a subject that is no key", { sub: "x" }],
    ["a long name", { name: "n".repeat(201) }],
    ["a name that moves the cursor", { name: "\u001b[2J" }],
    ["a name that turns the direction", { name: "\u202etxt" }],
    ["a name with a lone surrogate, which no member record could carry", { name: "\ud800" }],
    ["an invitation id with a line feed", { use: "invite", jti: "a\nb" }],
    ["an empty invitation id", { use: "invite", jti: "" }],
    ["a claim whose name moves the cursor", { "\u001b[2J": 1 }],
  ])("A1 refuses %s", async (_, change) => {
    const claims = {
      iss: swarm.root.id,
      sub: swarm.agent.id,
      aud: swarm.genesis.swarm,
      role: "agent",
      iat,
      use: "member",
    };
    await refused([await signToken(swarm.root, "herdmind-credential+jwt", { ...claims, ...change })], /bad claim/);
  });
});

describe("A1 attacks on a token", () => {
  const claims = () => ({
    iss: swarm.root.id,
    sub: swarm.agent.id,
    aud: swarm.genesis.swarm,
    role: "agent",
    iat,
    use: "member",
  });
  const TYP = "herdmind-credential+jwt";
  /** A validly signed JWS over any header and payload text. */
  const forge = async (header: string, payload: string): Promise<string> => {
    const body = [header, payload].map((text) => toBase64url(new TextEncoder().encode(text))).join(".");
    return `${body}.${toBase64url(await swarm.root.sign(new TextEncoder().encode(body)))}`;
  };
  const open = (token: string) => openToken(token, TYP, swarm.root.id);

  test("A1 the one spelling is accepted", async () => {
    expect(await open(await forge(`{"alg":"EdDSA","typ":"${TYP}"}`, JSON.stringify(claims())))).toEqual(claims());
  });

  test.each([
    `{"alg":"none","typ":"${TYP}"}`,
    `{"alg":"Ed25519","typ":"${TYP}"}`,
    `{"alg":"HS256","typ":"${TYP}"}`,
    `{"alg":"EdDSA"}`,
    `{"alg":"EdDSA","typ":"herdmind-access+jwt"}`,
    `{"typ":"${TYP}","alg":"EdDSA"}`,
    `{"alg":"EdDSA", "typ":"${TYP}"}`,
    `{"alg":"none","alg":"EdDSA","typ":"${TYP}"}`,
    `{"alg":"EdDSA","typ":"${TYP}","b64":false,"crit":["b64"]}`,
    `{"alg":"EdDSA","typ":"${TYP}","b64":true,"crit":["b64"]}`,
    `{"alg":"EdDSA","typ":"${TYP}","crit":[]}`,
    `{"alg":"EdDSA","typ":"${TYP}","jwk":{"kty":"OKP"}}`,
    `{"alg":"EdDSA","typ":"${TYP}","kid":"../root"}`,
    `{"alg":"EdDSA","typ":"${TYP}","zip":"DEF"}`,
    "",
    "null",
  ])("A1 refuses the header %s", async (header) => {
    expect(await open(await forge(header, JSON.stringify(claims())))).toBeUndefined();
  });

  test("A1 refuses a second spelling of the claims", async () => {
    const header = `{"alg":"EdDSA","typ":"${TYP}"}`;
    const text = JSON.stringify(claims());
    for (const payload of [
      text.replace('"role":"agent"', '"role":"agent","role":"orchestrator"'),
      text.replace("{", '{"__proto__":{"role":"orchestrator"},').replace('"__proto__"', '"\\u005f_proto__"'),
      text.replace(",", ", "),
      ` ${text}`,
      `\ufeff${text}`,
      text.replace(`${iat}`, `${iat}.0`),
      text.replace("agent", "\\u0061gent"),
      "",
      "undefined",
    ]) {
      expect(await open(await forge(header, payload))).toBeUndefined();
    }
  });

  test("A1 refuses a second spelling of the parts", async () => {
    const token = await signToken(swarm.root, TYP, claims());
    expect(await open(token)).toEqual(claims());
    const [header, payload, signature] = token.split(".") as [string, string, string];
    const bytes = Buffer.from(signature, "base64url");
    const S =
      bytes.subarray(32).reduceRight((n, byte) => (n << 8n) | BigInt(byte), 0n) +
      2n ** 252n +
      27742317777372353535851937790883648493n;
    for (let i = 0; i < 32; i++) bytes[32 + i] = Number((S >> BigInt(8 * i)) & 255n);
    for (const spelled of [
      `${token}=`,
      `${token}.`,
      `${token}.e30`,
      `${header}.${payload}`,
      `${header}..${signature}`,
      `.${payload}.${signature}`,
      ` ${token}`,
      `${token}\n`,
      `${header}.${payload}.${bytes.toString("base64url")}`,
      `${header}.${payload}.${signature.slice(0, -1)}${signature.endsWith("A") ? "B" : signature.endsWith("w") ? "x" : signature.endsWith("g") ? "h" : "R"}`,
    ]) {
      expect(await open(spelled)).toBeUndefined();
    }
  });

  test("A1 refuses a signature that only some verifiers take: R of small order", async () => {
    // RFC 8032, section 5.1.5: the scalar of root's seed. With R = 0 the equation holds for S = k a.
    const little = (bytes: Uint8Array) => bytes.reduceRight((n, byte) => (n << 8n) | BigInt(byte), 0n);
    const L = 2n ** 252n + 27742317777372353535851937790883648493n;
    const hash = createHash("sha512").update(new Uint8Array(32).fill(1)).digest().subarray(0, 32);
    hash[0] = (hash[0] as number) & 248;
    hash[31] = ((hash[31] as number) & 63) | 64;
    const token = await signToken(swarm.root, TYP, claims());
    const body = token.slice(0, token.lastIndexOf("."));
    const R = Uint8Array.of(1, ...new Array<number>(31).fill(0));
    const k = little(createHash("sha512").update(R).update(swarm.root.publicKey).update(body).digest()) % L;
    const S = (k * (little(hash) % L)) % L;
    const signature = Uint8Array.of(...R, ...Array.from({ length: 32 }, (_, i) => Number((S >> BigInt(8 * i)) & 255n)));
    expect(await open(`${body}.${toBase64url(signature)}`)).toBeUndefined();
  });

  test("A1 is a JWS that jose makes byte for byte, and verifies", async () => {
    const token = await signToken(swarm.root, TYP, claims());
    const made = await new CompactSign(new TextEncoder().encode(JSON.stringify(claims())))
      .setProtectedHeader({ alg: "EdDSA", typ: TYP })
      .sign(swarm.root.privateKey);
    expect(token).toBe(made);
    const key = await publicCryptoKey(swarm.root.id);
    const verified = await compactVerify(token, key as CryptoKey, { algorithms: ["EdDSA"] });
    expect(verified.protectedHeader).toEqual({ alg: "EdDSA", typ: TYP });
    expect(JSON.parse(new TextDecoder().decode(verified.payload))).toEqual(claims());
  });

  test("A1 refuses a detached or unencoded payload that a library would sign", async () => {
    const token = await new CompactSign(new TextEncoder().encode(JSON.stringify(claims())))
      .setProtectedHeader({ alg: "EdDSA", typ: TYP, kid: "root" })
      .sign(swarm.root.privateKey);
    expect(await open(token)).toBeUndefined();
  });

  test("A1 refuses a changed character anywhere", async () => {
    const token = await signToken(swarm.root, TYP, claims());
    for (let i = 0; i < token.length; i++) {
      const changed = `${token.slice(0, i)}${token[i] === "A" ? "B" : "A"}${token.slice(i + 1)}`;
      expect(await open(changed)).toBeUndefined();
    }
  });

  test("A1 a token longer than its bound costs nothing", async () => {
    expect(await open("A".repeat(MAX_TOKEN_CHARS + 1))).toBeUndefined();
    expect(peekToken(`e30.${"A".repeat(MAX_TOKEN_CHARS)}`)).toBeUndefined();
    expect(peekToken("")).toBeUndefined();
    expect(peekToken("a.e30.b")).toEqual({});
    expect(peekToken("a.!.b")).toBeUndefined();
  });
});
