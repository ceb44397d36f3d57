import { X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { createSelfSigned } from "./self-signed.js";

test("makes a certificate that is valid for its host, signed by its own key", () => {
  const { key, cert } = createSelfSigned("parcel-7.corp");
  const parsed = new X509Certificate(cert);
  expect(parsed.checkHost("parcel-7.corp")).toBe("parcel-7.corp");
  expect(parsed.checkHost("other.corp")).toBeUndefined();
  expect(parsed.verify(parsed.publicKey)).toBe(true);
  expect(parsed.ca).toBe(true);
  expect(key).toContain("PRIVATE KEY");
  expect(createSelfSigned("parcel-7.corp").cert).not.toBe(cert);
});
